#include "encoders.hpp"

#include <gtest/gtest.h>

namespace sluice::control::ffmpeg {
namespace {

constexpr auto kVersion = "ffmpeg version 5.1.9-0+deb12u1 Copyright (c) 2000-2026\nbuilt with gcc";
constexpr auto kEncoders = R"(Encoders:
 V..... = Video
 A....D aac                  AAC (Advanced Audio Coding)
 V....D libx264              libx264 H.264 / AVC (codec h264)
 V....D h264_nvenc           NVIDIA NVENC H.264 encoder (codec h264)
 V....D h264_vaapi           H.264/AVC (VAAPI) (codec h264)
 V....D libx265              libx265 H.265 / HEVC (codec hevc)
)";

/// An FFmpeg that answers; a trial ends with `status` and `said`.
Questions questions(std::vector<std::string> devices, int status = 0, std::string said = {})
{
    return {.run = [=](const auto& argv, auto) -> Result<nginx::Outcome> {
                if (argv.back() == "-version") return nginx::Outcome{0, kVersion};
                if (argv.back() == "-encoders") return nginx::Outcome{0, kEncoders};
                return nginx::Outcome{status, said};
            },
            .is_there =
                [=](const std::string& device) {
                    return std::find(devices.begin(), devices.end(), device) != devices.end();
                }};
}

const Encoder& named(const Installed& found, std::string_view name)
{
    return *std::find_if(found.encoders.begin(), found.encoders.end(),
                         [&](const auto& one) { return one.name == name; });
}

TEST(Encoders, WithoutADeviceSoftwareIsChosenAndEachReasonGiven)
{
    const auto found = installed("/usr/bin/ffmpeg", questions({}));
    EXPECT_EQ(found.version, "5.1.9-0+deb12u1");
    EXPECT_EQ(found.chosen, (Chosen{"libx264", "libx265"}));
    EXPECT_EQ(named(found, "h264_nvenc").reason, "there is no /dev/nvidiactl");
    EXPECT_EQ(named(found, "h264_qsv").reason, "this FFmpeg does not have it");
    EXPECT_TRUE(named(found, "libx264").usable);
}

TEST(Encoders, HardwareThatCodesAFrameIsChosen)
{
    const auto found = installed("/usr/bin/ffmpeg", questions({"/dev/dri/renderD128"}));
    EXPECT_EQ(found.chosen, (Chosen{"h264_vaapi", "libx265"}));
}

TEST(Encoders, HardwareThatFailsIsNotAndSaysWhy)
{
    const auto found = installed(
        "/usr/bin/ffmpeg", questions({"/dev/dri/renderD128"}, 1, "opening\nNo VA display found\n"));
    EXPECT_EQ(found.chosen, (Chosen{"libx264", "libx265"}));
    EXPECT_EQ(named(found, "h264_vaapi").reason, "No VA display found");
}

TEST(Encoders, WithoutFfmpegNoneIsUsableAndTheUsualNamesStay)
{
    const auto found = installed("/none/ffmpeg", ask_machine());
    EXPECT_EQ(found.version, "");
    EXPECT_EQ(found.chosen, Chosen{});
    EXPECT_EQ(named(found, "libx264").reason, "/none/ffmpeg does not run");
}

}  // namespace
}  // namespace sluice::control::ffmpeg
