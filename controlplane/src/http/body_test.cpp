#include "body.hpp"

#include <gtest/gtest.h>

namespace sluice::control::http {
namespace {

Result<nlohmann::json> read(const std::string& type, const std::string& body)
{
    Request request{.method = "POST", .path = "/"};
    if (!type.empty()) request.headers["content-type"] = type;
    request.body = body;
    return json_body(request);
}

TEST(JsonBody, JsonTypesAreRead)
{
    for (const auto* type : {"", "application/json", "Application/JSON; charset=utf-8",
                             "application/merge-patch+json"}) {
        EXPECT_TRUE(read(type, "{}")) << type;
        EXPECT_EQ(read(type, "{").error().code, Errc::malformed) << type;
    }
}

TEST(JsonBody, WhatCurlSendsByDefaultIsReadWhenItIsJson)
{
    const auto* form = "application/x-www-form-urlencoded";
    EXPECT_TRUE(read(form, R"({"a":1})"));
    EXPECT_EQ(read(form, "a=1").error().code, Errc::unsupported_media);
    EXPECT_EQ(read(form, R"({"a":)").error().code, Errc::malformed);
}

TEST(JsonBody, OtherTypesAreRefused)
{
    EXPECT_EQ(read("text/xml", "{}").error().code, Errc::unsupported_media);
    EXPECT_EQ(read("multipart/form-data", "{}").error().code, Errc::unsupported_media);
}

TEST(JsonBody, AnEmptyOneIsAnErrorUnlessItIsOptional)
{
    EXPECT_EQ(read("", "").error().code, Errc::malformed);
    EXPECT_TRUE(optional_json_body(Request{}));
}

TEST(JsonBody, DeepNestingIsRefusedBeforeItIsParsed)
{
    EXPECT_TRUE(read("", std::string(32, '[') + std::string(32, ']')));
    EXPECT_EQ(read("", std::string(33, '[') + std::string(33, ']')).error().code, Errc::malformed);
    EXPECT_EQ(read("", std::string(1'000'000, '[')).error().code, Errc::malformed);
    // Brackets inside texts are no nesting.
    EXPECT_TRUE(read("", "\"" + std::string(100, '[') + "\\\"" + std::string(100, '{') + "\""));
}

TEST(JsonBody, TextThatIsNotUtf8IsRefused)
{
    EXPECT_EQ(read("", "{\"a\":\"\xff\xfe\"}").error().code, Errc::malformed);
}

}  // namespace
}  // namespace sluice::control::http
