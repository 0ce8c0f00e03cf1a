#include "router.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace sluice::control::http {
namespace {

using nlohmann::json;

class RouterTest : public testing::Test {
protected:
    RouterTest()
    {
        router_.add("GET", "/open", std::nullopt, [](const Request&) -> Answer {
            return json_reply(200, {{"ok", true}});
        });
        router_.add("GET", "/things/{id}", Scope::viewer, [](const Request& r) -> Answer {
            return json_reply(200, {{"id", r.param("id")}});
        });
        router_.add("PUT", "/things/{id}", Scope::operator_,
                    [](const Request&) -> Answer { return empty_reply(204); });
        router_.add("GET", "/throws", std::nullopt,
                    [](const Request&) -> Answer { throw std::runtime_error("secret inside"); });
        router_.add("GET", "/fails", std::nullopt, [](const Request&) -> Answer {
            return fail(Errc::invalid, "2 fields are wrong", {{"a", "is bad"}, {"b", "is worse"}});
        });
    }

    Reply send(const std::string& method, const std::string& path, const std::string& token = "",
               const std::string& language = "")
    {
        Request request{.method = method, .path = path};
        request.headers["authorization"] = token;
        request.headers["accept-language"] = language;
        return router_.dispatch(std::move(request)).reply;
    }

    static std::string header(const Reply& reply, const std::string& name)
    {
        for (const auto& [known, value] : reply.headers) {
            if (known == name) return value;
        }
        return "";
    }

    Router router_{[](const Request& request) -> Result<Caller> {
        if (request.header("authorization") == "viewer") return Caller{"v", Scope::viewer};
        if (request.header("authorization") == "operator") return Caller{"o", Scope::operator_};
        return fail(Errc::unauthorized, "send a token");
    }};
};

TEST_F(RouterTest, FindsTheRouteAndDecodesItsParameters)
{
    EXPECT_EQ(send("GET", "/things/a%2Fb%20c", "viewer").body, "{\"id\":\"a/b c\"}\n");
    EXPECT_EQ(send("GET", "/things/a/", "viewer").status, 200);
}

TEST_F(RouterTest, WhoDoesNotTakeJsonGetsNoneAndChangesNothing)
{
    int changes = 0;
    router_.add("POST", "/api/v1/made", std::nullopt, [&](const Request&) -> Answer {
        ++changes;
        return empty_reply(204);
    });
    router_.add("GET", "/api/v1/made", std::nullopt,
                [](const Request&) -> Answer { return json_reply(200, json::object()); });
    router_.add("GET", "/api/v1/text", std::nullopt, [](const Request&) -> Answer {
        return Reply{.status = 200, .body = "x", .content_type = "text/plain"};
    });
    const auto ask = [&](const char* method, const char* path, const char* accept) {
        Request request{.method = method, .path = path};
        request.headers["accept"] = accept;
        return router_.dispatch(std::move(request)).reply;
    };
    EXPECT_EQ(ask("POST", "/api/v1/made", "text/html").status, 406);
    EXPECT_EQ(changes, 0);
    EXPECT_EQ(ask("POST", "/api/v1/made", "*/*").status, 204);
    EXPECT_EQ(ask("GET", "/api/v1/made", "text/html").status, 406);
    EXPECT_EQ(ask("GET", "/api/v1/made", "text/html").content_type, "application/problem+json");
    EXPECT_EQ(ask("GET", "/api/v1/made", "application/*").status, 200);
    EXPECT_EQ(ask("GET", "/api/v1/text", "text/plain").status, 200);
    EXPECT_EQ(ask("GET", "/open", "text/html").status, 200);
}

TEST_F(RouterTest, AParameterThatTheRouteDoesNotKnowIsRefused)
{
    router_.add("GET", "/some", std::nullopt,
                [](const Request&) -> Answer { return empty_reply(204); }, {{"valid_s"}});
    router_.add(
        "GET", "/any", std::nullopt, [](const Request&) -> Answer { return empty_reply(204); },
        kOwnParameters);
    const auto ask = [&](const std::string& path, const std::string& parameter) {
        Request request{.method = "GET", .path = path, .query = {{parameter, "1"}}};
        return router_.dispatch(std::move(request)).reply;
    };
    EXPECT_EQ(ask("/some", "valid_s").status, 204);
    EXPECT_EQ(ask("/any", "valid").status, 204);
    for (const auto* path : {"/some", "/open"}) {
        const auto refused = ask(path, "valid");
        EXPECT_EQ(refused.status, 422) << path;
        EXPECT_EQ(json::parse(refused.body).at("errors").at(0).at("field"), "valid");
    }
}

TEST_F(RouterTest, APlaceHasOneNameHoweverItsAddressIsWritten)
{
    router_.add("GET", "/places/{id}", std::nullopt, [](const Request& r) -> Answer {
        return json_reply(200, {{"place", r.place}});
    });
    for (const auto* path : {"/places/a", "//places/a/", "/places/%61"}) {
        EXPECT_EQ(send("GET", path).body, "{\"place\":\"/places/a\"}\n") << path;
    }
}

TEST_F(RouterTest, UnknownAddressesAndBrokenEscapesAre404)
{
    for (const auto* path :
         {"/", "/nothing", "/things", "/things/a/b", "/things/%zz", "/things/%0"}) {
        const auto reply = send("GET", path, "viewer");
        EXPECT_EQ(reply.status, 404) << path;
        EXPECT_EQ(reply.content_type, "application/problem+json");
    }
}

TEST_F(RouterTest, HeadIsAnsweredLikeGet)
{
    const auto reply = send("HEAD", "/things/a", "viewer");
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.body, send("GET", "/things/a", "viewer").body);
}

TEST_F(RouterTest, OptionsAnd405NameTheMethods)
{
    const auto options = send("OPTIONS", "/things/a");
    EXPECT_EQ(options.status, 204);
    EXPECT_EQ(header(options, "Allow"), "GET, HEAD, OPTIONS, PUT");
    const auto wrong = send("DELETE", "/things/a", "operator");
    EXPECT_EQ(wrong.status, 405);
    EXPECT_EQ(header(wrong, "Allow"), "GET, HEAD, OPTIONS, PUT");
}

TEST_F(RouterTest, WithoutATokenItIs401AndWithASmallScope403)
{
    const auto none = send("GET", "/things/a");
    EXPECT_EQ(none.status, 401);
    EXPECT_TRUE(header(none, "WWW-Authenticate").starts_with("Bearer"));
    EXPECT_EQ(send("PUT", "/things/a", "viewer").status, 403);
    EXPECT_EQ(send("PUT", "/things/a", "operator").status, 204);
    EXPECT_EQ(send("GET", "/open").status, 200);
}

TEST_F(RouterTest, AnExceptionIs500AndShowsNothingOfItself)
{
    Request request{.method = "GET", .path = "/throws"};
    const auto outcome = router_.dispatch(request);
    EXPECT_EQ(outcome.reply.status, 500);
    EXPECT_EQ(outcome.reply.body.find("secret"), std::string::npos);
    EXPECT_EQ(outcome.error.find("secret"), std::string::npos);
}

TEST_F(RouterTest, AProblemNamesEveryWrongField)
{
    const auto problem = json::parse(send("GET", "/fails").body);
    EXPECT_EQ(problem.at("status"), 422);
    EXPECT_EQ(problem.at("errors").size(), 2U);
    EXPECT_EQ(problem.at("errors").at(1).at("field"), "b");
}

TEST_F(RouterTest, TitlesAreChineseForWhoAsksForIt)
{
    EXPECT_EQ(json::parse(send("GET", "/x", "", "zh-CN,en;q=0.5").body).at("title"), "未找到");
    EXPECT_EQ(json::parse(send("GET", "/x", "", "en,zh").body).at("title"), "Not found");
}

TEST_F(RouterTest, TheRouteForTheLogIsThePatternNotThePath)
{
    Request request{.method = "GET", .path = "/things/private"};
    request.headers["authorization"] = "viewer";
    EXPECT_EQ(router_.dispatch(request).route, "GET /things/{id}");
}

TEST_F(RouterTest, OfPatternsThatOverlapTheOneWithTheMethodIsTaken)
{
    router_.add("POST", "/things/all", std::nullopt,
                [](const Request&) -> Answer { return empty_reply(202); });
    EXPECT_EQ(send("POST", "/things/all").status, 202);
    EXPECT_EQ(send("GET", "/things/all", "viewer").status, 200);
    const auto reply = send("OPTIONS", "/things/all");
    const auto allow =
        std::ranges::find(reply.headers, "Allow", &std::pair<std::string, std::string>::first);
    ASSERT_NE(allow, reply.headers.end());
    EXPECT_NE(allow->second.find("GET"), std::string::npos);
    EXPECT_NE(allow->second.find("POST"), std::string::npos);
}

TEST(Query, IsDecodedAndABrokenEscapeIsRefused)
{
    const auto query = parse_query("q=a%26b+c&limit=5&empty=&flag");
    ASSERT_TRUE(query);
    EXPECT_EQ(query->at("q"), "a&b c");
    EXPECT_EQ(query->at("limit"), "5");
    EXPECT_EQ(query->at("empty"), "");
    EXPECT_EQ(query->at("flag"), "");
    for (const auto* wrong : {"q=%", "q=%4", "q=%zz", "%=1", "q=%00"}) {
        EXPECT_FALSE(parse_query(wrong)) << wrong;
    }
}

}  // namespace
}  // namespace sluice::control::http
