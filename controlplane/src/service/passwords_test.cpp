#include "passwords.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <fstream>
#include <thread>
#include <vector>

namespace sluice::control {
namespace {

constexpr Passwords::Cost kCheap{.kib = 64, .passes = 1};

TEST(Passwords, a_password_matches_its_own_hash_only)
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

TEST(Passwords, the_same_password_never_has_the_same_hash)
{
    Passwords passwords(kCheap);
    EXPECT_NE(*passwords.hash("correct horse"), *passwords.hash("correct horse"));
}

TEST(Passwords, a_hash_of_another_cost_still_matches)
{
    Passwords before(kCheap);
    Passwords now({.kib = 128, .passes = 2});
    EXPECT_TRUE(*now.matches("correct horse", *before.hash("correct horse")));
}

TEST(Passwords, a_damaged_hash_matches_nothing)
{
    Passwords passwords(kCheap);
    for (const auto* stored : {"", "[]", "{}", R"({"kib":99999999999,"passes":1})"}) {
        const auto answer = passwords.matches("correct horse", stored);
        EXPECT_FALSE(answer && *answer) << stored;
    }
}

TEST(Passwords, too_many_at_once_are_refused_and_told_to_come_back)
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

TEST(Passwords, the_memory_of_a_hash_is_given_back)
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
