#include "lines.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace sluice::hook {
namespace {

struct Taken {
    std::string line;
    bool cut;
    bool operator==(const Taken&) const = default;
};

std::vector<Taken> taken(std::vector<std::string_view> blocks)
{
    Lines lines(8);
    std::vector<Taken> all;
    const auto take = [&](std::string_view line, bool cut) {
        all.push_back({std::string(line), cut});
    };
    for (const auto block : blocks) lines.add(block, take);
    lines.finish(take);
    return all;
}

TEST(Lines, AreWholeHoweverTheyCome)
{
    const std::vector<Taken> expected{{"one", false}, {"two", false}, {"three", false}};

    EXPECT_EQ(taken({"one\ntwo\r\n\nthree\n"}), expected);
    EXPECT_EQ(taken({"o", "ne\rtw", "o\n", "thr", "ee"}), expected);
}

TEST(Lines, LongOnesAreCutAndSaySo)
{
    EXPECT_EQ(taken({"12345678\n123456789\n1234", "5678", "9", "0\nx\n"}),
              (std::vector<Taken>{
                  {"12345678", false}, {"12345678", true}, {"12345678", true}, {"x", false}}));
}

}  // namespace
}  // namespace sluice::hook
