#include "passwords.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

namespace sluice::control {
namespace {

constexpr Passwords::Cost kCheap{.kib = 64, .passes = 1};

TEST(Passwords, APasswordMatchesItsOwnHashOnly)
{
    Passwords passwords(kCheap);
    const auto stored = passwords.hash("correct horse");
    ASSERT_TRUE(stored);
    EXPECT_EQ(stored->find("correct horse"), std::string::npos);
    EXPECT_TRUE(*passwords.matches("correct horse", *stored));
    for (const auto* wrong : {"correct horsf", "", "Correct horse", "correct horse "}) {
        EXPECT_FALSE(*passwords.matches(wrong, *stored)) << wrong;
    }
    EXPECT_TRUE(passwords.pretend("correct horse"));
}

TEST(Passwords, TheSamePasswordNeverHasTheSameHash)
{
    Passwords passwords(kCheap);
    EXPECT_NE(*passwords.hash("correct horse"), *passwords.hash("correct horse"));
}

TEST(Passwords, AHashOfAnotherCostStillMatches)
{
    Passwords before(kCheap);
    Passwords now({.kib = 128, .passes = 2});
    EXPECT_TRUE(*now.matches("correct horse", *before.hash("correct horse")));
}

TEST(Passwords, ADamagedHashMatchesNothing)
{
    Passwords passwords(kCheap);
    for (const auto* stored : {"", "[]", "{}", R"({"kib":99999999999,"passes":1})"}) {
        const auto answer = passwords.matches("correct horse", stored);
        EXPECT_FALSE(answer && *answer) << stored;
    }
}

TEST(Passwords, TooManyAtOnceAreRefusedAndToldToComeBack)
{
    Passwords passwords;
    const auto stored = passwords.hash("correct horse");
    ASSERT_TRUE(stored);
    std::atomic<int> refused = 0;
    std::atomic<int> right = 0;
    {
        std::vector<std::jthread> all;
        for (int i = 0; i < 24; ++i) {
            all.emplace_back([&] {
                const auto answer = passwords.matches("correct horse", *stored);
                if (answer) right += *answer ? 1 : 0;
                if (!answer && answer.error().code == Errc::throttled) ++refused;
            });
        }
    }
    EXPECT_EQ(refused + right, 24);
    EXPECT_GT(refused, 0);
    EXPECT_GT(right, 0);
}

TEST(Passwords, TheMemoryOfAHashIsGivenBack)
{
    const auto resident = [] {
        std::ifstream in("/proc/self/statm");
        long pages = 0;
        in >> pages >> pages;
        return pages * 4;
    };
    Passwords passwords;
    ASSERT_TRUE(passwords.hash("correct horse"));
    const auto before = resident();
    for (int i = 0; i < 5; ++i) ASSERT_TRUE(passwords.hash("correct horse"));
    EXPECT_LT(resident() - before, 4096);
}

}  // namespace
}  // namespace sluice::control
