#include "resolver.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>

namespace sluice::control {
namespace {

using std::chrono::milliseconds;

/// A name server that does not answer until the test ends.
struct Silence {
    std::promise<void> over;  ///< or its end
    std::shared_future<void> ends = over.get_future().share();
    std::shared_ptr<std::atomic<int>> asked = std::make_shared<std::atomic<int>>(0);

    Resolver::Lookup lookup() const
    {
        return [ends = ends, asked = asked](const std::string& name) -> Resolver::Addresses {
            ++*asked;
            if (name.starts_with("quick")) return {"192.0.2.7"};
            ends.wait();
            return {"192.0.2.9"};
        };
    }
};

TEST(ResolverTest, WhoseNameServerIsSilentIsWaitedForNoLongerThanAskedFor)
{
    const Silence silence;
    Resolver names({}, silence.lookup());
    for (int i = 0; i < 3; ++i) EXPECT_FALSE(names.wait("slow", milliseconds(20), {}));
    EXPECT_EQ(names.wait("quick", std::chrono::seconds(20), {}), Resolver::Addresses{"192.0.2.7"});
    EXPECT_EQ(names.ask("quick"), Resolver::Addresses{"192.0.2.7"}) << "it is known now";
    EXPECT_EQ(*silence.asked, 2) << "one lookup for each name";
    std::stop_source ending;
    ending.request_stop();
    EXPECT_FALSE(names.wait("slow", std::chrono::hours(1), ending.get_token()));
}

TEST(ResolverTest, LookupsAreBounded)
{
    const Silence silence;
    Resolver names({}, silence.lookup());
    for (std::size_t i = 0; i < Resolver::kMaxLookups; ++i) {
        EXPECT_FALSE(names.ask("slow" + std::to_string(i)));
    }
    EXPECT_EQ(names.ask("quick"), Resolver::Addresses{});
    EXPECT_FALSE(names.ask("slow0")) << "those that run go on";
}

TEST(ResolverTest, AnswersThatComeLateAreKept)
{
    Silence silence;
    Resolver late({}, silence.lookup());
    EXPECT_FALSE(late.wait("slow", milliseconds(1), {}));
    silence.over.set_value();
    EXPECT_EQ(late.wait("slow", std::chrono::seconds(20), {}), Resolver::Addresses{"192.0.2.9"});
    EXPECT_EQ(*silence.asked, 1);
}

TEST(ResolverTest, TheMachineKnowsItself)
{
    Resolver names;
    const auto local = names.wait("localhost", std::chrono::seconds(20), {});
    ASSERT_TRUE(local);
    EXPECT_FALSE(local->empty());
}

}  // namespace
}  // namespace sluice::control
