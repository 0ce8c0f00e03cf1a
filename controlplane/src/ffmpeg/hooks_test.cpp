#include "hooks.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>

#include "../service/channel_schema.hpp"
#include "../service/rendition_rule.hpp"
#include "../service/resolved_renditions.hpp"
#include "font.hpp"
#include "hook_json.hpp"
#include "url_secrets.hpp"

namespace sluice::control::ffmpeg {
namespace {

namespace fs = std::filesystem;
using nlohmann::ordered_json;

const fs::path kGolden = fs::path(SLUICE_SOURCE_DIR) / "tests/golden/hooks";

/// A machine like any other; `with` says what is different there.
Context machine(const ordered_json& with)
{
    Context context{.dir = "/var/lib/sluice",
                    .ffmpeg = "/usr/bin/ffmpeg",
                    .motion = "/usr/lib/sluice/sluice-motion",
                    .fonts = {.text = "/fonts/text.ttc", .symbols = "/fonts/symbols.ttf"}};
    context.encoders.h264 = with.value("h264", context.encoders.h264);
    context.encoders.h265 = with.value("h265", context.encoders.h265);
    context.image = [](const nlohmann::json& image) -> std::optional<std::string> {
        if (!image.at("asset").is_string()) return std::nullopt;
        return "/var/lib/sluice/assets/" + image.at("asset").get<std::string>();
    };
    return context;
}

/// Own templates by their names, as a file lists them.
FindTemplate templates_of(const ordered_json& file)
{
    const nlohmann::json all = file.value("templates", ordered_json::array());
    return [all](const std::string& name) -> std::optional<nlohmann::json> {
        for (const auto& one : all) {
            if (one.at("name") == name) return complete(rendition_rule(), one);
        }
        return std::nullopt;
    };
}

std::vector<fs::path> golden_files()
{
    std::vector<fs::path> all;
    for (const auto& entry : fs::directory_iterator(kGolden)) all.push_back(entry.path());
    std::sort(all.begin(), all.end());
    return all;
}

std::string name_of(const testing::TestParamInfo<fs::path>& info)
{
    return info.param.stem().string();
}

class HooksOf : public testing::TestWithParam<fs::path> {};

/// `SLUICE_UPDATE_GOLDEN=1` writes what comes out: look at the difference before you commit it.
TEST_P(HooksOf, AreThoseOfTheFile)
{
    std::ifstream in(GetParam());
    auto file = ordered_json::parse(in);
    const nlohmann::json given = file.at("channel");
    Findings findings;
    check_channel(given, findings);
    ASSERT_TRUE(findings.verdict()) << findings.verdict().error().detail;
    auto channel = complete(channel_rule(), given);
    channel["id"] = "studio";
    const auto resolved = with_renditions(std::move(channel), templates_of(file));
    const auto made =
        to_json(hooks(resolved.channel, machine(file.value("machine", ordered_json::object()))));
    if (std::getenv("SLUICE_UPDATE_GOLDEN") != nullptr) {
        file["hooks"] = made;
        std::ofstream(GetParam()) << file.dump(2) << '\n';
        return;
    }
    EXPECT_EQ(file.at("hooks").dump(2), made.dump(2));
}

INSTANTIATE_TEST_SUITE_P(Golden, HooksOf, testing::ValuesIn(golden_files()), name_of);

TEST(Hooks, AreAnotherMachinesWhereAnythingOfItIsAnother)
{
    const auto here = machine(ordered_json::object());
    auto there = here;
    there.dir = "/srv/sluice";
    EXPECT_NE(identity(here), identity(there));
    there = here;
    there.encoders.h265 = "hevc_nvenc";
    EXPECT_NE(identity(here), identity(there));
    EXPECT_EQ(identity(here), identity(machine(ordered_json::object())));
}

TEST(Hooks, AFontIsChosenByTheTextsCharacters)
{
    const Fonts fonts{.text = "text", .symbols = "symbols"};
    EXPECT_EQ(font_for("Sluice ß €", fonts), "text");
    EXPECT_EQ(font_for("直播 ▶", fonts), "text");
    EXPECT_EQ(font_for("on air 🎬🔥", fonts), "symbols");
    EXPECT_EQ(font_for("\xf0\x9f", fonts), "text");
    EXPECT_EQ(font_for("🎬", Fonts{.text = "text", .symbols = ""}), "text");
}

TEST(Hooks, SecretsOfAUrlAreWhatNobodyMaySee)
{
    using Texts = std::vector<std::string>;
    EXPECT_EQ(secrets_of("rtmp://h/live/k1"), Texts{"k1"});
    EXPECT_EQ(secrets_of("rtmps://u:pw@h:443/app/k1?t=2"), (Texts{"t=2", "u:pw", "pw", "k1"}));
    EXPECT_EQ(secrets_of("rtsp://u:p@cam/stream1"), (Texts{"u:p", "p"}));
    EXPECT_EQ(secrets_of("https://h/a.m3u8?sign=x"), Texts{"sign=x"});
    EXPECT_EQ(secrets_of("srt://h:9000?passphrase=secret"), Texts{"passphrase=secret"});
    EXPECT_EQ(secrets_of("rtmp://h/live"), Texts{});
}

}  // namespace
}  // namespace sluice::control::ffmpeg
