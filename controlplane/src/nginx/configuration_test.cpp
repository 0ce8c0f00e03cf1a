#include "configuration.hpp"

#include <gtest/gtest.h>

namespace sluice::control::nginx {
namespace {

Places places()
{
    return {.dir = "/var/lib/sluice",
            .nginx = "/usr/sbin/nginx",
            .nginx_modules = "/usr/lib/nginx/modules",
            .sluice_module = "/opt/sluice/ngx_sluice_module.so",
            .templates = SLUICE_SOURCE_DIR "/nginx-conf",
            .web = "/opt/sluice/web"};
}

std::string rendered(const Configuration& wanted)
{
    const auto text = render(wanted, places(), 7, "/var/lib/sluice/nginx/gen-000007");
    EXPECT_TRUE(text) << text.error().detail;
    return text.value_or("");
}

bool has(const std::string& text, std::string_view part)
{
    return text.find(part) != std::string::npos;
}

TEST(Configuration, HoldsTheValuesItIsRenderedFrom)
{
    const auto text = rendered({.ports = {8081, 8444, 1945, 1946},
                                .rtmps_inner = 40123,
                                .workers = 3,
                                .worker_connections = 777,
                                .max_body_bytes = 65536,
                                .hub = {.streams = 50, .rings = "65536:4"}});

    EXPECT_TRUE(has(text, "sluice_hub_generation 7;"));
    EXPECT_TRUE(has(text, "worker_processes 3;"));
    EXPECT_TRUE(has(text, "worker_connections 777;"));
    EXPECT_TRUE(has(text, "listen 0.0.0.0:8081 default_server "));
    EXPECT_TRUE(has(text, "listen 0.0.0.0:8444 ssl http2 default_server "));
    EXPECT_TRUE(has(text, "listen 0.0.0.0:1945;"));
    EXPECT_TRUE(has(text, "listen 0.0.0.0:1946 ssl;"));
    EXPECT_TRUE(has(text, "listen 127.0.0.1:40123 proxy_protocol;"));
    EXPECT_TRUE(has(text, "client_max_body_size 65536;"));
    EXPECT_TRUE(has(text, "sluice_hub_streams 50;"));
    EXPECT_TRUE(has(text, "sluice_hub_rings 65536:4;"));
    EXPECT_TRUE(
        has(text, "ssl_certificate_key \"/var/lib/sluice/nginx/gen-000007/private_key.pem\";"));
    EXPECT_FALSE(has(text, "{{"));
}

TEST(Configuration, EverySocketFitsIntoAnAddressOrTheFolderIsRefused)
{
    constexpr std::size_t kAddress = 107;
    auto where = places();
    where.dir = "/" + std::string(87, 'd');
    const auto text = render({}, where, 7, where.dir / "nginx/gen-000007");
    ASSERT_TRUE(text) << text.error().detail;
    std::size_t sockets = 0;
    for (auto at = text->find("unix:"); at != std::string::npos; at = text->find("unix:", at + 1)) {
        const auto path = text->substr(at + 5, text->find_first_of("\";", at) - at - 5);
        EXPECT_LE(path.substr(0, path.find(":/")).size(), kAddress) << path;
        ++sockets;
    }
    EXPECT_GE(sockets, 4U);
    EXPECT_TRUE(has(*text, "/run/authorise.sock"));
    where.dir += "d";
    EXPECT_FALSE(render({}, where, 7, where.dir / "nginx/gen-000007"));
}

TEST(Configuration, LoadsOurModuleAfterTheOnesItNeeds)
{
    const auto text = rendered({});

    const auto rtmp = text.find("ngx_rtmp_module.so");
    const auto ours = text.find("ngx_sluice_module.so");
    ASSERT_NE(rtmp, std::string::npos);
    EXPECT_LT(rtmp, ours);
}

TEST(Configuration, ListensOnIpv6OnlyWhereTheMachineHasIt)
{
    EXPECT_TRUE(has(rendered({.ipv6 = true}), "listen [::]:1935 ipv6only=on;"));
    EXPECT_FALSE(has(rendered({.ipv6 = false}), "[::]"));
}

TEST(Configuration, LimitsViewersPerAddressOnlyWhenAsked)
{
    EXPECT_FALSE(has(rendered({}), "limit_conn"));
    EXPECT_TRUE(has(rendered({.viewers_per_address = 5}), "limit_conn sluice_viewers 5;"));
}

TEST(Configuration, LogsNoVariableThatHoldsAQuery)
{
    const auto text = rendered({});
    const auto from = text.find("log_format");
    ASSERT_NE(from, std::string::npos);
    const auto format = text.substr(from, text.find(';', from) - from);

    for (const auto* variable :
         {"$request ", "$request\"", "$request_uri", "$args", "$query_string", "$http_referer"}) {
        EXPECT_FALSE(has(format, variable)) << variable;
    }
}

TEST(Configuration, RefusesAPathThatWouldEndAParameter)
{
    for (const auto* path : {"/srv/a\"b", "/srv/a$b", "/srv/a;b", "/srv/a\nb"}) {
        auto odd = places();
        odd.dir = path;
        const auto text = render({}, odd, 1, odd.dir);
        ASSERT_FALSE(text) << path;
        EXPECT_EQ(text.error().code, Errc::invalid);
    }
}

TEST(Configuration, RefusesAFolderTooLongForAUnixSocket)
{
    auto deep = places();
    deep.dir = "/" + std::string(95, 'x');

    const auto text = render({}, deep, 1, deep.dir);

    ASSERT_FALSE(text);
    EXPECT_EQ(text.error().code, Errc::invalid);
}

TEST(Configuration, NamesTheTemplateThatIsMissing)
{
    auto without = places();
    without.templates = "/nonexistent";

    const auto text = render({}, without, 1, without.dir);

    ASSERT_FALSE(text);
    EXPECT_TRUE(has(text.error().detail, ".mustache"));
}

}  // namespace
}  // namespace sluice::control::nginx
