#include "public_address.hpp"

#include <gtest/gtest.h>

namespace sluice::control::http {
namespace {

using nlohmann::json;

struct Hosts {
    const char* name;
    json settings;
    std::string play;
    std::string push;
};

std::ostream& operator<<(std::ostream& out, const Hosts& hosts)
{
    return out << hosts.name;
}

class PublicHost : public testing::TestWithParam<Hosts> {};

TEST_P(PublicHost, is_its_own_then_that_of_all_then_that_of_the_request)
{
    Request request;
    request.headers["host"] = "inner:80";
    request.headers["x-forwarded-host"] = "asked.example:8080";
    const auto address = address_of(request, GetParam().settings);
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

TEST(PublicHost, is_this_machine_when_nobody_names_one)
{
    const auto address = address_of({}, json::object());
    EXPECT_EQ(address.host, "localhost");
    EXPECT_EQ(address.push_host, "localhost");
}

}  // namespace
}  // namespace sluice::control::http
