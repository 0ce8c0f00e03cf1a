#include "public_address.hpp"

#include <gtest/gtest.h>

#include "../service/settings_schema.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

struct Hosts {
    const char* name;
    json settings;
    std::string play;
    std::string push;
};

json with_defaults(const json& settings)
{
    return complete(settings_rule(), settings);
}

std::ostream& operator<<(std::ostream& out, const Hosts& hosts)
{
    return out << hosts.name;
}

class PublicHost : public testing::TestWithParam<Hosts> {};

TEST_P(PublicHost, IsItsOwnThenThatOfAllThenThatOfTheRequest)
{
    Request request;
    request.headers["host"] = "inner:80";
    request.headers["x-forwarded-host"] = "asked.example:8080";
    const auto address = address_of(request, with_defaults(GetParam().settings));
    EXPECT_EQ(address.host, GetParam().play);
    EXPECT_EQ(address.push_host, GetParam().push);
}

INSTANTIATE_TEST_SUITE_P(
    Settings, PublicHost,
    testing::Values(Hosts{"none", {{"public_host", nullptr}}, "asked.example", "asked.example"},
                    Hosts{"public", {{"public_host", "all.example"}}, "all.example", "all.example"},
                    Hosts{"push", {{"push_host", "push.example"}}, "asked.example", "push.example"},
                    Hosts{"pull and public",
                          {{"public_host", "all.example"}, {"pull_host", "pull.example"}},
                          "pull.example",
                          "all.example"},
                    Hosts{"both",
                          {{"public_host", "all.example"},
                           {"pull_host", "pull.example"},
                           {"push_host", "[2001:db8::1]"}},
                          "pull.example",
                          "2001:db8::1"}));

TEST(PublicHost, IsThisMachineWhenNobodyNamesOne)
{
    const auto address = address_of({}, with_defaults(json::object()));
    EXPECT_EQ(address.host, "localhost");
    EXPECT_EQ(address.push_host, "localhost");
}

TEST(PublicPort, IsTheMappedOneWhereThereIsOne)
{
    const auto address = address_of(
        {},
        with_defaults({{"http_port", 8081}, {"public_ports", {{"rtmp", 1934}, {"https", 443}}}}));
    EXPECT_EQ(address.http_port, 8081);
    EXPECT_EQ(address.https_port, 443);
    EXPECT_EQ(address.rtmp_port, 1934);
    EXPECT_EQ(address.rtmps_port, 1936);
}

}  // namespace
}  // namespace sluice::control::http
