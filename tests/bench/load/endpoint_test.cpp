#include "endpoint.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

TEST(Endpoint, SplitsAUrl)
{
    const auto endpoint = parse_endpoint("rtmp://[::1]:1935/live/demo?sign=x").value();
    EXPECT_EQ(endpoint.scheme, "rtmp");
    EXPECT_EQ(endpoint.address, "::1");
    EXPECT_EQ(endpoint.port, 1935);
    EXPECT_EQ(endpoint.path, "/live/demo?sign=x");
    EXPECT_EQ(endpoint.authority(), "[::1]:1935");
}

TEST(Endpoint, RefusesAUrlWithoutSchemePortOrPath)
{
    for (const auto* url : {"127.0.0.1:80/x", "http://127.0.0.1/x", "http://127.0.0.1:80",
                            "http://127.0.0.1:0/x", "http://127.0.0.1:99999/x"}) {
        EXPECT_FALSE(parse_endpoint(url)) << url;
    }
}

TEST(Endpoint, NumbersEveryPlaceholder)
{
    EXPECT_EQ(numbered("/bench-%d/live.flv?n=%d", 42), "/bench-42/live.flv?n=42");
}

}  // namespace
}  // namespace sluice::bench
