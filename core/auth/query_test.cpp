#include "query.hpp"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

struct Case {
    const char* query;
    const char* rest;
};

TEST(Query, CanBeToldWithoutTheSignature)
{
    for (const auto& c : {Case{"", ""}, Case{"sign=1-a", ""}, Case{"?sign=1-a", ""},
                          Case{"a=1&sign=1-a&b=2", "a=1&b=2"}, Case{"sign=1&sign=2&a", "a"},
                          Case{"?a=1&b", "a=1&b"}, Case{"signature=1&sign", "signature=1"},
                          Case{"a=sign=1", "a=sign=1"}, Case{"a=%26sign=1", "a=%26sign=1"}}) {
        EXPECT_EQ(without_parameter(c.query, "sign"), c.rest) << c.query;
    }
}

}  // namespace
}  // namespace sluice::auth
