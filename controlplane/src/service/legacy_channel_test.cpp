#include "legacy_channel.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <vector>

#include "channel_schema.hpp"
#include "legacy_field.hpp"
#include "rule.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

constexpr const char* kId = "98724e64-bcd1-4887-af4a-60be440709aa";
constexpr const char* kKey = "nodemedia2017privatekey";

/// What Channels makes of a draft before it stores it.
json stored(const json& channel)
{
    auto out = complete(channel_rule(), channel);
    if (!channel.contains("id")) out["id"] = kId;
    if (out["ingest"]["key"].is_null()) out["ingest"]["key"] = kKey;
    out["created_at"] = out["updated_at"] = "2026-01-01T00:00:00Z";
    out["version"] = 1;
    return out;
}

json made(const json& body)
{
    auto channel = legacy_create(body);
    EXPECT_TRUE(channel) << body << " " << (channel ? "" : channel.error().detail);
    return channel ? stored(*channel) : json();
}

json changed(const json& channel, const json& body)
{
    auto next = legacy_change(channel, body);
    EXPECT_TRUE(next) << body << " " << (next ? "" : next.error().detail);
    return next ? stored(*next) : json();
}

json item(const json& channel)
{
    return legacy_item(channel, true);
}

/// One field with a value that is not its default: all ways to write it, the channel's member and
/// what that holds then, and the plain form that comes back when a channel says so by itself.
struct Example {
    const char* field;
    std::vector<json> sent;
    const char* place;  ///< empty: without counterpart
    json value;
    json plain;
    json with = json::object();  ///< what the field can't be without
};

std::ostream& operator<<(std::ostream& out, const Example& example)
{
    return out << example.field;
}

const std::vector<json> kTrue{true, "true", "True"};
const std::vector<json> kFalse{false, "false", "FALSE"};

json one_relay(bool enabled, const std::string& url = "rtmp://a.example/x")
{
    return json::array(
        {{{"url", url}, {"enabled", enabled}, {"source", "raw"}, {"hevc", "refuse"}}});
}

std::vector<Example> stream_examples()
{
    return {
        {"outdate",
         {"2022-12-09", "2022/12/9", "2022/12/09", "2022-12-9", "2022-12-09T02:00:00+02:00"},
         "/expires_at",
         "2022-12-09T00:00:00Z",
         "2022-12-09"},
        {"outdate",
         {"2022-12-09T08:15:00Z"},
         "/expires_at",
         "2022-12-09T08:15:00Z",
         "2022-12-09T08:15:00Z"},
        {"videoname", {"门口"}, "/name", "门口", "门口"},
        {"description", {"a\nb"}, "/description", "a\nb", "a\nb"},
        {"isFlv", kFalse, "/outputs/flv", false, false},
        {"isHls", kTrue, "/outputs/hls", true, true},
        {"isCMAF", kTrue, "/outputs/cmaf", true, true},
        {"hls_time", {4, "4"}, "/packaging/segment_s", 4, 4},
        {"hls_list_size", {7, "7"}, "/packaging/list_size", 7, 7},
        {"isRtmps", kTrue, "", nullptr, false},
        {"isVideo", kTrue, "/record/mp4/enabled", true, true},
        {"video_time", {120, "120"}, "/record/mp4/segment_s", 120, 120},
        {"isOnDemand", kTrue, "/record/hls/enabled", true, true},
        {"ondemand_time", {10, "10"}, "/record/hls/segment_s", 10, 10},
        {"ondemand_list_size", {3, "3"}, "/record/hls/list_size", 3, 3},
        {"isImage", kTrue, "/record/snapshot/enabled", true, true},
        {"image_time", {5, "05"}, "/record/snapshot/interval_s", 5, 5},
        {"isMotion", kTrue, "/record/motion/enabled", true, true},
        {"motion_percent", {50, "50"}, "/record/motion/area_percent", 50, 50},
        {"motion_diff", {10, "10"}, "/record/motion/pixel_diff", 10, 10},
        {"motion_duration", {9, "9"}, "/record/motion/interval_s", 9, 9},
        {"motion_timeout", {90, "90"}, "/record/motion/max_s", 90, 90},
        {"recordSize", {"micro"}, "/task_sizes/record", "micro", "micro"},
    };
}

std::vector<Example> processing_examples()
{
    const json relay{{"relayURL", "rtmp://a.example/x"}};
    return {
        {"relayURL",
         {"rtmp://a.example/x", " rtmp://a.example/x ,"},
         "/relays",
         one_relay(false),
         "rtmp://a.example/x"},
        {"isRelay", kTrue, "/relays", one_relay(true), true, relay},
        {"isCodec", kTrue, "/transcode/enabled", true, true},
        {"codec", {"libx265", "h265", "HEVC"}, "/transcode/codec", "h265", "libx265"},
        {"ld", kTrue, "/transcode/renditions", {"ld"}, true},
        {"sd", kTrue, "/transcode/renditions", {"sd"}, true},
        {"hd", kTrue, "/transcode/renditions", {"hd"}, true},
        {"ud", kTrue, "/transcode/renditions", {"ud"}, true},
        {"codecSize", {"xlarge"}, "/task_sizes/transcode", "xlarge", "xlarge"},
        {"isWaterMark", kTrue, "/watermark/text/enabled", true, true, {{"WaterMarkText", "x"}}},
        {"WaterMarkText", {"水印"}, "/watermark/text/content", "水印", "水印"},
        {"WaterMarkFontSize", {20, "20"}, "/watermark/text/font_size", 20, 20},
        {"WaterMarkFontColor",
         {"red", "Red", "#FF0000", "0xff0000", "ff0000"},
         "/watermark/text/color",
         "#ff0000",
         "#ff0000"},
        {"WaterMarkTop", {10, "10"}, "/watermark/text/top", 10, 10},
        {"WaterMarkLeft", {0, "0"}, "/watermark/text/left", 0, 0},
        {"isImageWaterMark",
         kTrue,
         "/watermark/image/enabled",
         true,
         true,
         {{"ImageURL", "http://a.example/x.png"}}},
        {"ImageURL",
         {"https://a.example/x.png"},
         "/watermark/image/url",
         "https://a.example/x.png",
         "https://a.example/x.png"},
        {"ImageWidth", {100, "100"}, "/watermark/image/width", 100, 100},
        {"ImageHeight", {50, "50"}, "/watermark/image/height", 50, 50},
        {"isCluster", kTrue, "", nullptr, false},
        {"clusterNumber", {2, "2"}, "", nullptr, 1},
        {"masterSize", {"small"}, "", nullptr, "large"},
        {"slaveSize", {"small"}, "", nullptr, "micro"},
        {"logLevel", {"debug"}, "", nullptr, "warning"},
    };
}

std::vector<Example> examples()
{
    auto all = stream_examples();
    for (auto& example : processing_examples()) all.push_back(std::move(example));
    return all;
}

TEST(LegacyFields, AllHaveAnExample)
{
    std::set<std::string> shown;
    for (const auto& example : examples()) shown.insert(example.field);
    std::set<std::string> known;
    for (const auto& field : legacy_fields()) known.insert(std::string(field.name));
    EXPECT_EQ(shown, known);
}

class LegacyExample : public testing::TestWithParam<Example> {};

TEST_P(LegacyExample, GoesIntoTheChannelAndComesBackAsItWasWritten)
{
    const auto& example = GetParam();
    for (const auto& sent : example.sent) {
        auto body = example.with;
        body[example.field] = sent;
        const auto channel = made(body);
        if (*example.place != '\0') {
            EXPECT_EQ(channel.at(json::json_pointer(example.place)), example.value) << sent;
        }
        EXPECT_EQ(item(channel).at(example.field), sent);
    }
}

TEST_P(LegacyExample, IsChangedByAPutAndNothingElseIs)
{
    const auto& example = GetParam();
    for (const auto& sent : example.sent) {
        const auto before = made(example.with);
        const auto after = changed(before, {{example.field, sent}});
        EXPECT_EQ(item(after).at(example.field), sent);
        auto expected = before;
        if (*example.place != '\0') expected[json::json_pointer(example.place)] = example.value;
        auto plain = after;
        expected.erase(kLegacy);
        plain.erase(kLegacy);
        EXPECT_EQ(plain, expected) << sent;
    }
}

TEST_P(LegacyExample, ShowsWhatTheChannelSaysByItself)
{
    const auto& example = GetParam();
    auto channel = made(example.with);
    EXPECT_NE(example.place == std::string() ? json() : item(channel).at(example.field),
              example.plain);
    if (*example.place == '\0') return;
    channel[json::json_pointer(example.place)] = example.value;
    EXPECT_EQ(item(channel).at(example.field), example.plain);
}

TEST_P(LegacyExample, GoesBackToItsDefault)
{
    const auto& example = GetParam();
    const auto before = made(example.with);
    for (const json& nothing : {json(), json("")}) {
        auto body = example.with;
        body[example.field] = example.sent.front();
        const auto after = changed(made(body), {{example.field, nothing}});
        EXPECT_EQ(item(after).at(example.field), nothing);
        if (*example.place == '\0') continue;
        const json::json_pointer place(example.place);
        EXPECT_EQ(after.at(place), before.at(place));
    }
}

/// What was written in other words must not hide a change made elsewhere.
TEST_P(LegacyExample, ShowsALaterChangeOfTheChannel)
{
    const auto& example = GetParam();
    if (*example.place == '\0') return;
    const json::json_pointer place(example.place);
    const auto fresh = made(example.with);
    for (const auto& sent : example.sent) {
        auto body = example.with;
        body[example.field] = sent;
        auto channel = made(body);
        channel[place] = fresh.at(place);
        EXPECT_EQ(item(channel).at(example.field), item(fresh).at(example.field)) << sent;
    }
}

INSTANTIATE_TEST_SUITE_P(Fields, LegacyExample, testing::ValuesIn(examples()));

TEST(LegacyChannel, HasTheOlderApisDefaults)
{
    const auto shown = item(made(json::object()));
    for (const auto& field : legacy_fields()) EXPECT_EQ(shown.at(field.name), field.preset);
    EXPECT_EQ(shown.size(), legacy_fields().size() + 2);
    EXPECT_EQ(shown.at("video_time"), 60);
    EXPECT_EQ(shown.at("image_time"), 30);
    EXPECT_EQ(shown.at("ondemand_time"), 60);
    EXPECT_EQ(shown.at("hls_time"), 2);
    EXPECT_EQ(shown.at("hls_list_size"), 5);
    EXPECT_EQ(shown.at("motion_percent"), 30);
    EXPECT_EQ(shown.at("motion_diff"), 30);
    EXPECT_EQ(shown.at("motion_duration"), 5);
    EXPECT_EQ(shown.at("motion_timeout"), 60);
    EXPECT_EQ(shown.at("codec"), "libx264");
}

TEST(LegacyChannel, HasTheKeyThatExistingEncodersMake)
{
    const auto channel = made({{"outdate", "2022-12-09"}});
    EXPECT_EQ(item(channel).at("key"), "1670544000-63497837275539bdb8e21800887e2db9");
    EXPECT_NE(item(changed(channel, {{"outdate", "2022-12-10"}})).at("key"),
              item(channel).at("key"));
    EXPECT_TRUE(item(made(json::object())).at("key").get<std::string>().starts_with("4102444800-"));
}

TEST(LegacyChannel, HidesFromViewersWhatOpensAPush)
{
    const auto channel = made({{"relayURL", "rtmp://a.example/secret"}});
    const auto shown = legacy_item(channel, false);
    EXPECT_FALSE(shown.contains("key"));
    EXPECT_EQ(shown.dump().find("secret"), std::string::npos);
}

TEST(LegacyChannel, KeepsWhatItDoesNotKnow)
{
    const json body{{"foo", {1, "2", {{"~secrets", true}}}}, {"bar", nullptr}, {"~legacy", "x"}};
    auto channel = made(body);
    for (const auto& [name, value] : body.items()) EXPECT_EQ(item(channel).at(name), value);
    channel = changed(channel, {{"foo", "new"}, {"isHls", true}});
    EXPECT_EQ(item(channel).at("foo"), "new");
    EXPECT_EQ(item(channel).at("~legacy"), "x");
    EXPECT_EQ(item(channel).at("isHls"), true);
}

/// A channel of the other API that holds much this one can't say.
json rich_channel()
{
    return stored(json::parse(R"({
        "name": "rich", "expires_at": "2030-01-01T08:15:00Z",
        "transcode": {"enabled": true, "renditions": ["ud", "ld"], "custom": [{"name": "own"}]},
        "watermark": {"text": {"enabled": true, "content": "x", "right": 5, "bottom": 6},
                      "image": {"enabled": true, "asset": "logo"}},
        "relays": [{"url": "rtmp://a.example/1,2", "source": "programme"},
                   {"url": "rtmp://b.example/x", "enabled": false}]})"));
}

TEST(LegacyChannel, LosesNothingWhenAWholeItemComesBack)
{
    const auto channel = rich_channel();
    const auto shown = item(channel);
    EXPECT_EQ(shown.at("relayURL"), "rtmp://a.example/1%2C2,rtmp://b.example/x");
    EXPECT_EQ(changed(channel, shown), channel);
    const auto named = changed(channel, {{"videoname", "new"}, {"hd", "true"}});
    auto expected = channel;
    expected["name"] = "new";
    expected["transcode"]["renditions"] = {"ud", "ld", "hd"};
    expected[kLegacy] = {{"hd", "true"}};
    EXPECT_EQ(named, expected);
}

TEST(LegacyChannel, KeepsARelayThatStaysInTheList)
{
    const auto channel =
        changed(rich_channel(), {{"relayURL", "rtmp://new.example/x, rtmp://b.example/x"}});
    ASSERT_EQ(channel.at("relays").size(), 2);
    EXPECT_EQ(channel.at("relays")[0].at("enabled"), true);
    EXPECT_EQ(channel.at("relays")[1], rich_channel().at("relays")[1]);
    const auto off = changed(channel, {{"isRelay", "false"}});
    for (const auto& relay : off.at("relays")) EXPECT_EQ(relay.at("enabled"), false);
}

TEST(LegacyChannel, PutsAMarkWhereItIsToldTo)
{
    const auto channel = changed(rich_channel(), {{"WaterMarkLeft", "7"}, {"WaterMarkTop", 8}});
    const auto& text = channel.at("watermark").at("text");
    EXPECT_EQ(text.at("left"), 7);
    EXPECT_EQ(text.at("top"), 8);
    EXPECT_TRUE(text.at("right").is_null());
    EXPECT_TRUE(text.at("bottom").is_null());
    const auto image = changed(channel, {{"ImageURL", "http://a.example/x.png"}});
    EXPECT_TRUE(image.at("watermark").at("image").at("asset").is_null());
}

struct Wrong {
    const char* name;
    json body;
    std::vector<std::string> fields;
    bool shape = false;
};

std::ostream& operator<<(std::ostream& out, const Wrong& wrong)
{
    return out << wrong.name;
}

class LegacyWrong : public testing::TestWithParam<Wrong> {};

TEST_P(LegacyWrong, IsRefusedInTheOlderNames)
{
    const auto current = made({{"id", "there"}});
    for (const auto& answer :
         {legacy_create(GetParam().body), legacy_change(current, GetParam().body)}) {
        ASSERT_FALSE(answer);
        EXPECT_EQ(answer.error().code, GetParam().shape ? Errc::malformed : Errc::invalid);
        std::vector<std::string> fields;
        for (const auto& field : answer.error().fields) fields.push_back(field.field);
        EXPECT_EQ(fields, GetParam().fields);
    }
}

json many_unknown(int count)
{
    json body = json::object();
    for (int i = 0; i < count; ++i) body["x" + std::to_string(i)] = i;
    return body;
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, LegacyWrong,
    testing::Values(
        Wrong{"no object", json::array(), {"body"}, true},
        Wrong{"a day that does not exist", {{"outdate", "2030-02-30"}}, {"outdate"}},
        Wrong{"a date in other words", {{"outdate", "tomorrow"}}, {"outdate"}},
        Wrong{"a date of another order", {{"outdate", "9/12/2030"}}, {"outdate"}},
        Wrong{"a date with a time behind it", {{"outdate", "2030-12-09 8:00"}}, {"outdate"}},
        Wrong{"a date of two separators", {{"outdate", "2030-12/09"}}, {"outdate"}},
        Wrong{"a number for a date", {{"outdate", 1670544000}}, {"outdate"}, true},
        Wrong{"no boolean", {{"isFlv", "yes"}}, {"isFlv"}},
        Wrong{"a number for a boolean", {{"isFlv", 1}}, {"isFlv"}, true},
        Wrong{"no number", {{"video_time", "a lot"}}, {"video_time"}},
        Wrong{"a number with more behind it", {{"video_time", "60s"}}, {"video_time"}},
        Wrong{"a fraction", {{"video_time", 1.5}}, {"video_time"}},
        Wrong{"a negative number", {{"motion_percent", -1}}, {"motion_percent"}},
        Wrong{"a negative number in a text", {{"hls_time", "-2"}}, {"hls_time"}},
        Wrong{"too large", {{"hls_list_size", "101"}}, {"hls_list_size"}},
        Wrong{"beyond 64 bits", {{"image_time", "99999999999999999999"}}, {"image_time"}},
        Wrong{
            "beyond 64 bits in a number", {{"image_time", 18446744073709551615U}}, {"image_time"}},
        Wrong{"arrays", {{"hd", {true}}, {"hls_time", {2}}}, {"hls_time", "hd"}, true},
        Wrong{"an object", {{"videoname", {{"a", 1}}}}, {"videoname"}, true},
        Wrong{"300 characters", {{"videoname", std::string(300, 'a')}}, {"videoname"}},
        Wrong{"a relay that is none", {{"relayURL", "rtmp://a.example/x,foo"}}, {"relayURL"}},
        Wrong{"a relay without address", {{"isRelay", "true"}}, {"relayURL"}},
        Wrong{"a mark without text", {{"isWaterMark", true}}, {"WaterMarkText"}},
        Wrong{"an image without address", {{"isImageWaterMark", true}}, {"ImageURL"}},
        Wrong{"an image of this machine", {{"ImageURL", "file:///etc/passwd"}}, {"ImageURL"}},
        Wrong{"no codec", {{"codec", "vp9"}}, {"codec"}},
        Wrong{"no size",
              {{"recordSize", "tiny"}, {"codecSize", "2048"}},
              {"recordSize", "codecSize"}},
        Wrong{"no colour", {{"WaterMarkFontColor", "reddish"}}, {"WaterMarkFontColor"}},
        Wrong{"what is only kept", {{"clusterNumber", -1}}, {"clusterNumber"}},
        Wrong{"a long text that is only kept", {{"logLevel", std::string(300, 'a')}}, {"logLevel"}},
        Wrong{"an id that can be none", {{"id", "a b"}}, {"id"}},
        Wrong{"too many unknown fields", many_unknown(201), {"body"}},
        Wrong{"unknown fields too large", {{"x", std::string(65536, 'x')}}, {"body"}}));

const std::vector<json> kOdd{true,
                             "FALSE",
                             0,
                             -1,
                             1.5,
                             1e300,
                             18446744073709551615U,
                             "",
                             nullptr,
                             json::array(),
                             {1},
                             json::object(),
                             {{"a", json::object()}},
                             std::string(3000, 'x'),
                             std::string(1, '\0'),
                             "频道",
                             " 5 ",
                             std::string(30, '9'),
                             "-",
                             "2030-13-01",
                             "0000-00-00",
                             "2030-12-9T00:00:00Z",
                             "#",
                             "rtmp://",
                             "rtmp://a.example/x\nrtmp://b.example/y"};

TEST(LegacyChannel, TakesAnyValueOfAnyFieldOrRefusesItByName)
{
    const json needed{{"relayURL", "rtmp://a.example/x"},
                      {"WaterMarkText", "x"},
                      {"ImageURL", "http://a.example/x.png"},
                      {"unknown", 1}};
    const auto channel = made(needed);
    const auto before = item(channel);
    for (const auto& [name, value] : before.items()) {
        if (name == "id" || name == "key") continue;
        for (const auto& odd : kOdd) {
            const auto next = legacy_change(channel, {{name, odd}});
            if (!next) {
                for (const auto& wrong : next.error().fields) EXPECT_EQ(wrong.field, name) << odd;
                continue;
            }
            EXPECT_EQ(item(stored(*next)).at(name), odd) << name;
            EXPECT_EQ(item(changed(stored(*next), {{name, value}})), before) << name << odd;
        }
    }
}

TEST(LegacyChannel, TakesAsMuchUnknownAsIsDocumented)
{
    EXPECT_TRUE(legacy_create(many_unknown(200)));
    const auto full = made(many_unknown(200));
    EXPECT_TRUE(legacy_change(full, {{"x0", 1}}));
    EXPECT_FALSE(legacy_change(full, {{"one more", 1}}));
}

}  // namespace
}  // namespace sluice::control
