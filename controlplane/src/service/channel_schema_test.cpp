#include "channel_schema.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "openapi_fields.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

struct Wrong {
    const char* name;
    const char* body;
    std::vector<std::string> fields;
    bool shape = false;
};

void PrintTo(const Wrong& wrong, std::ostream* out)
{
    *out << wrong.name;
}

class WrongChannel : public testing::TestWithParam<Wrong> {};

TEST_P(WrongChannel, IsRefusedAndEveryWrongFieldIsNamed)
{
    Findings findings;
    check_channel(json::parse(GetParam().body), findings);
    std::vector<std::string> fields;
    for (const auto& field : findings.fields) fields.push_back(field.field);
    EXPECT_EQ(fields, GetParam().fields);
    const auto verdict = findings.verdict();
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().code, GetParam().shape ? Errc::malformed : Errc::invalid);
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, WrongChannel,
    testing::Values(
        Wrong{"no object", "[]", {"body"}, true}, Wrong{"null", "null", {"body"}, true},
        Wrong{"unknown fields", R"({"foo":1,"ingest":{"bar":2}})", {"foo", "ingest.bar"}},
        Wrong{"wrong types",
              R"({"enabled":"yes","name":1,"outputs":[],"relays":{}})",
              {"enabled", "name", "outputs", "relays"},
              true},
        Wrong{"a null that is no value", R"({"name":null})", {"name"}, true},
        Wrong{"numbers out of range",
              R"({"packaging":{"segment_s":0,"part_ms":99999},"playback":{"max_viewers":-1}})",
              {"packaging.part_ms", "packaging.segment_s", "playback.max_viewers"}},
        Wrong{"a number beyond 64 bits",
              R"({"playback":{"max_viewers":18446744073709551615}})",
              {"playback.max_viewers"}},
        Wrong{"a fraction", R"({"packaging":{"segment_s":1.5}})", {"packaging.segment_s"}, true},
        Wrong{"wrong choices",
              R"({"ingest":{"auth":"none","on_duplicate":""}})",
              {"ingest.auth", "ingest.on_duplicate"}},
        Wrong{"a bad key", R"({"ingest":{"key":"a b"}})", {"ingest.key"}},
        Wrong{"an empty key", R"({"ingest":{"key":""}})", {"ingest.key"}},
        Wrong{"bad addresses",
              R"({"ingest":{"allow_ips":["192.0.2.1","192.0.2.300","::/129"]}})",
              {"ingest.allow_ips[1]", "ingest.allow_ips[2]"}},
        Wrong{"bad times", R"({"expires_at":"2022-02-30T00:00:00Z"})", {"expires_at"}},
        Wrong{"a bad origin",
              R"({"playback":{"allow_origins":["example.com"],"allow_referers":["a b"]}})",
              {"playback.allow_origins[0]", "playback.allow_referers[0]"}},
        Wrong{"bad relays",
              R"({"relays":[{"url":"http://x/"},{},{"url":"rtmp://x/live","source":"x"}]})",
              {"relays[0].url", "relays[2].source", "relays[1].url"}},
        Wrong{"a bad pull",
              R"({"ingest":{"pull":{"url":"file:///etc/passwd"}}})",
              {"ingest.pull.url"}},
        Wrong{"a pull from where clouds keep credentials",
              R"({"ingest":{"pull":{"url":"http://169.254.169.254/latest/meta-data"}}})",
              {"ingest.pull.url"}},
        Wrong{"a pull that would listen",
              R"({"ingest":{"pull":{"url":"srt://10.0.0.1:9000?latency=20&mode=listener"}}})",
              {"ingest.pull.url"}},
        Wrong{"a pull that would listen, and says otherwise behind",
              R"({"ingest":{"pull":{"url":"srt://10.0.0.1:9000?mode=listener&mode=caller"}}})",
              {"ingest.pull.url"}},
        Wrong{"a pull without a host",
              R"({"ingest":{"pull":{"url":"srt://:9000"}}})",
              {"ingest.pull.url"}},
        Wrong{"relays that lead nowhere",
              R"({"relays":[{"url":"rtmp://h"},{"url":"rtmp://h/"},{"url":"rtmp://h:99999/a/b"},
                            {"url":"rtmp://h:x/a/b"},{"url":"rtmp://[::1/a/b"},
                            {"url":"rtmp://169.254.169.254/a/b"},{"url":"rtmp://h/live/key"}]})",
              {"relays[0].url", "relays[1].url", "relays[2].url", "relays[3].url", "relays[4].url",
               "relays[5].url"}},
        Wrong{"a rendition with another one's name",
              R"({"transcode":{"renditions":["ld"],"custom":[{"name":"360p"}]}})",
              {"transcode.custom[0].name"}},
        Wrong{"a reserved rendition",
              R"({"transcode":{"custom":[{"name":"live"}]}})",
              {"transcode.custom[0].name"}},
        Wrong{"renditions named twice",
              R"({"transcode":{"renditions":["hd","hd"],"custom":[{"name":"hd"}]}})",
              {"transcode.renditions[1]", "transcode.custom[0].name"}},
        Wrong{
            "renditions named twice by other names",
            R"({"transcode":{"renditions":["hd","720p","a"],"custom":[{"name":"1080p"},{"name":"a"}]}})",
            {"transcode.renditions[1]", "transcode.custom[1].name"}},
        Wrong{"a rendition that nothing may be called",
              R"({"transcode":{"renditions":["ld","live","A b"]}})",
              {"transcode.renditions[1]", "transcode.renditions[2]"}},
        Wrong{"more renditions than a process makes",
              R"({"transcode":{"renditions":["a","b","c","d","e","f","g","h","i","j","k","l"],
                  "custom":[{"name":"m"}]}})",
              {"transcode.custom"}},
        Wrong{"a mark with nothing to show",
              R"({"watermark":{"text":{"enabled":true},"image":{"enabled":true}}})",
              {"watermark.text.content", "watermark.image.url"}},
        Wrong{"a mark at two edges",
              R"({"watermark":{"text":{"left":1,"right":1,"top":0,"bottom":0}}})",
              {"watermark.text.right", "watermark.text.bottom"}},
        Wrong{"health that can't be kept",
              R"({"health":{"min_fps":0,"max_av_drift_ms":49,"max_silence_s":null,"for_s":301}})",
              {"health.for_s", "health.max_av_drift_ms", "health.min_fps"}},
        Wrong{"health for ever", R"({"health":{"for_s":null}})", {"health.for_s"}, true},
        Wrong{"callbacks to where clouds keep credentials",
              R"({"ingest":{"authorise_url":"http://169.254.169.254/latest"},
                  "playback":{"authorise_url":"https://user:x@0xa9fea9fe/"}})",
              {"ingest.authorise_url", "playback.authorise_url"}},
        Wrong{"callbacks that can't be called",
              R"({"ingest":{"authorise_url":"ftp://x/","authorise_timeout_ms":99},
                  "playback":{"authorise_on_failure":"x","authorise_cache_s":3601}})",
              {"ingest.authorise_timeout_ms", "ingest.authorise_url", "playback.authorise_cache_s",
               "playback.authorise_on_failure"}},
        Wrong{"control characters",
              R"({"name":"a\u0000b","description":"\u001b[31m"})",
              {"description", "name"}}));

TEST(ChannelSchema, TheDefaultsAreAValidChannel)
{
    Findings findings;
    auto channel = complete(channel_rule(), json::object());
    channel["id"] = "a";
    check_channel(channel, findings);
    EXPECT_TRUE(findings.verdict()) << findings.verdict().error().detail;
}

TEST(ChannelSchema, ReadOnlyFieldsAreIgnoredWhateverTheyHold)
{
    Findings findings;
    const json body{{"version", "x"}, {"created_at", 1}, {"applied", json::array()}};
    check_channel(body, findings);
    EXPECT_TRUE(findings.verdict());
    EXPECT_FALSE(complete(channel_rule(), body).contains("version"));
}

TEST(ChannelSchema, SecretsAreNotShown)
{
    const auto channel =
        complete(channel_rule(), {{"ingest", {{"key", "k1"}}}, {"playback", {{"key", "k2"}}}});
    const auto shown = without_secrets(channel_rule(), channel);
    EXPECT_EQ(shown.dump().find("k1"), std::string::npos);
    EXPECT_EQ(shown.dump().find("k2"), std::string::npos);
    EXPECT_EQ(shown.at("ingest").at("auth"), "signed");
}

TEST(ChannelSchema, LengthCountsCharactersNotBytes)
{
    std::string name;
    for (int i = 0; i < 128; ++i) name += "播";
    Findings fine;
    check_channel({{"name", name}}, fine);
    EXPECT_TRUE(fine.verdict());
    Findings long_name;
    check_channel({{"name", name + "播"}}, long_name);
    EXPECT_FALSE(long_name.verdict());
}

TEST(ChannelSchema, OpenapiSaysTheSameAboutEveryField)
{
    const auto documented = documented_fields("Channel");
    std::map<std::string, std::string> known;
    collect(channel_rule(), "", known);
    ASSERT_GT(known.size(), 84U);
    for (const auto& [name, text] : known) {
        ASSERT_TRUE(documented.contains(name)) << name << " is not in openapi.yaml";
        EXPECT_TRUE(documented.at(name).starts_with(text))
            << name << "\n  openapi.yaml: " << documented.at(name) << "\n  the code:     " << text;
    }
    for (const auto& [name, text] : documented) {
        EXPECT_TRUE(known.contains(name)) << name << " is in openapi.yaml only";
    }
}

}  // namespace
}  // namespace sluice::control
