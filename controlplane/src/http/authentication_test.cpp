#include "authentication.hpp"

#include <gtest/gtest.h>

#include "../service/temporary_store.hpp"
#include "../service/timestamp.hpp"

namespace sluice::control::http {
namespace {

using Headers = std::map<std::string, std::string>;

class AuthenticationTest : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(users_.create(
            Caller::system("test"),
            {{"username", "ann"}, {"role", "operator"}, {"password", "ann's password"}}));
        secret_ =
            sessions_.open({{"username", "ann"}, {"password", "ann's password"}}, "", "")->secret;
    }

    /// Who it is, or the code of the refusal.
    std::string who(const std::string& method, Headers headers)
    {
        headers.emplace("host", "tv.example.com:8080");
        const auto caller =
            authenticate(tokens_, sessions_, {.method = method, .path = "/", .headers = headers});
        if (caller) return caller->name.empty() ? caller->id : caller->name;
        return caller.error().code == Errc::forbidden ? "forbidden" : "unauthorized";
    }

    std::string cookie() const { return "theme=dark; sluice_session=" + secret_ + "; x=y"; }

    TemporaryStore store_;
    LastUse uses_{*store_};
    Tokens tokens_{*store_, uses_, "the-admin-token"};
    Passwords passwords_{{.kib = 64, .passes = 1}};
    Users users_{*store_, passwords_};
    Sessions sessions_{*store_, users_, passwords_, uses_, now_s};
    std::string secret_;
};

TEST_F(AuthenticationTest, ATokenOrACookieSaysWhoItIs)
{
    EXPECT_EQ(who("GET", {{"authorization", "Bearer the-admin-token"}}), "admin");
    EXPECT_EQ(who("GET", {{"authorization", "bearer  the-admin-token"}}), "admin");
    EXPECT_EQ(who("GET", {{"cookie", cookie()}}), "ann");
    EXPECT_EQ(who("GET", {}), "unauthorized");
    EXPECT_EQ(who("GET", {{"cookie", "sluice_session=; other=" + secret_}}), "unauthorized");
    EXPECT_EQ(who("GET", {{"cookie", "xsluice_session=" + secret_}}), "unauthorized");
}

TEST_F(AuthenticationTest, ATokenGoesBeforeACookieEvenWhenItIsWrong)
{
    EXPECT_EQ(who("GET", {{"authorization", "Bearer the-admin-token"}, {"cookie", cookie()}}),
              "admin");
    EXPECT_EQ(who("GET", {{"authorization", "Bearer wrong"}, {"cookie", cookie()}}),
              "unauthorized");
    EXPECT_EQ(who("GET", {{"authorization", "Basic x"}, {"cookie", cookie()}}), "unauthorized");
}

TEST_F(AuthenticationTest, AChangeByCookieMustComeFromAPageOfThisHost)
{
    const std::vector<std::pair<Headers, std::string>> cases{
        {{}, "forbidden"},
        {{{"origin", "http://tv.example.com:8080"}}, "ann"},
        {{{"origin", "https://TV.example.com:8080"}}, "ann"},
        {{{"sec-fetch-site", "same-origin"}}, "ann"},
        {{{"origin", "http://tv.example.com:8081"}}, "forbidden"},
        {{{"origin", "http://evil.example.com"}}, "forbidden"},
        {{{"origin", "null"}}, "forbidden"},
        {{{"sec-fetch-site", "same-site"}}, "forbidden"},
        {{{"sec-fetch-site", "cross-site"}}, "forbidden"},
        {{{"sec-fetch-site", "none"}}, "forbidden"},
        {{{"origin", "http://tv.example.com:8080"}, {"sec-fetch-site", "same-site"}}, "forbidden"},
        {{{"origin", "http://evil.example.com"}, {"sec-fetch-site", "same-origin"}}, "forbidden"},
    };
    for (const auto& [headers, wanted] : cases) {
        for (const auto* method : {"POST", "PUT", "PATCH", "DELETE"}) {
            auto all = headers;
            all["cookie"] = cookie();
            EXPECT_EQ(who(method, all), wanted) << method;
            all["authorization"] = "Bearer the-admin-token";
            EXPECT_EQ(who(method, all), "admin") << method;
        }
        auto all = headers;
        all["cookie"] = cookie();
        EXPECT_EQ(who("GET", all), "ann");
    }
}

TEST_F(AuthenticationTest, AnotherSitesPageSignsNobodyIn)
{
    const auto refused = [](Headers headers) {
        headers["host"] = "tv.example.com";
        return !refuse_other_origins({.method = "POST", .path = "/", .headers = headers});
    };
    EXPECT_FALSE(refused({}));
    EXPECT_FALSE(refused({{"origin", "https://tv.example.com"}}));
    EXPECT_TRUE(refused({{"origin", "https://evil.example.com"}}));
    EXPECT_TRUE(refused({{"sec-fetch-site", "cross-site"}}));
}

TEST_F(AuthenticationTest, TheCookieIsKeptFromScriptsAndFromPlainHttp)
{
    Request request{.method = "POST", .path = "/"};
    EXPECT_EQ(session_cookie(request, "s", 60),
              "sluice_session=s; HttpOnly; SameSite=Strict; Path=/; Max-Age=60");
    request.headers["x-forwarded-proto"] = "https";
    EXPECT_EQ(session_cookie(request, "s", 60),
              "sluice_session=s; HttpOnly; SameSite=Strict; Path=/; Max-Age=60; Secure");
}

}  // namespace
}  // namespace sluice::control::http
