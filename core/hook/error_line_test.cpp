#include "error_line.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace sluice::hook {
namespace {

/// The line that is shown after these, printed one after the other.
std::string shown_of(const std::vector<std::string>& lines, std::int64_t apart_ms = 1)
{
    ErrorLine errors;
    std::string shown;
    std::int64_t now_ms = 1'000'000;
    for (const auto& line : lines) {
        if (errors.takes(line, now_ms)) shown = line;
        now_ms += apart_ms;
    }
    return shown;
}

TEST(ErrorLine, IsToldFromTheOthersByItsWords)
{
    for (const auto* line :
         {"pipe:0: Invalid data found when processing input",
          "[tcp @ 0x55] Connection to tcp://h:1 failed: Connection refused",
          "Unrecognized option 'x'.", "[AVHWDeviceContext @ 0x5] Cannot load libcuda.so.1",
          "Unknown encoder 'libx266'", "Conversion failed!"})
        EXPECT_EQ(shown_of({line}), line);
    for (const auto* line :
         {"", "[error] ", "Press [q] to stop, [?] for help", "  Stream #0:0 -> #0:0 (copy)",
          "    Last message repeated 3 times",
          "frame=   25 fps=0.0 q=-1.0 size=       1kB time=00:00:01.00 speed=1x"})
        EXPECT_EQ(shown_of({line}), "");
}

TEST(ErrorLine, IsTheNewestOne)
{
    EXPECT_EQ(shown_of({"an error", "all is well", "another error", "and so on"}), "another error");
}

struct Case {
    const char* name;
    std::vector<std::string> lines;
    std::size_t reason;
};

TEST(ErrorLine, IsTheReasonAndNotWhatFfmpegSaysInTheEnd)
{
    const std::vector<Case> cases{
        {"no TLS",
         {"[tls @ 0x5] [error] An unexpected TLS packet was received.",
          "[rtmps @ 0x5] [error] Cannot open connection tls://h:1936",
          "[error] rtmps://h:1936/live/key: Input/output error"},
         0},
        {"no TLS, by OpenSSL",
         {"[tls @ 0x5] [error] error:0A00010B:SSL routines::wrong version number",
          "[rtmps @ 0x5] [error] Cannot open connection tls://h:1936",
          "[error] Error opening output rtmps://h:1936/live/key: Input/output error"},
         0},
        {"two reasons: the last one",
         {"[tls @ 0x5] [error] Error in the pull function.",
          "[tls @ 0x5] [error] IO error: Connection reset by peer",
          "[rtmps @ 0x5] [error] Cannot open connection tls://h:1936"},
         1},
        {"a refused key",
         {"[rtmps @ 0x5] [error] Server error: Already publishing",
          "[error] rtmps://h:1936/live/key: Operation not permitted"},
         0},
        {"a name that nobody has",
         {"[tcp @ 0x5] [error] Failed to resolve hostname h: Name or service not known",
          "[rtmp @ 0x5] [error] Cannot open connection tcp://h:1935?tcp_nodelay=0",
          "[error] rtmp://h/live/key: Input/output error"},
         0},
        {"a target that went",
         {"[error] av_interleaved_write_frame(): Broken pipe",
          "[error] Error writing trailer of rtmp://h/live/key: Broken pipe",
          "[fatal] Conversion failed!"},
         0},
        {"a codec that FLV can't carry",
         {"[flv @ 0x5] [error] Video codec hevc not compatible with flv",
          "[error] Could not write header for output file #0 (incorrect codec parameters ?): "
          "Function not implemented",
          "[error] Error initializing output stream 0:0 -- ", "[error] ",
          "[fatal] Conversion failed!"},
         0}};
    for (const auto& [name, lines, reason] : cases)
        EXPECT_EQ(shown_of(lines), lines.at(reason)) << name;
}

TEST(ErrorLine, IsASummaryWhereNothingSaysMore)
{
    for (const auto* line : {"[error] rtmp://h/live/key: Input/output error",
                             "http://h/live: Server returned 404 Not Found", "Conversion failed!",
                             "[error", "[error]", "[] error"})
        EXPECT_EQ(shown_of({line}), line);
}

TEST(ErrorLine, IsASummaryWhereTheReasonIsOfLongAgo)
{
    const std::vector<std::string> lines{"[h264 @ 0x5] [error] error while decoding MB 5 3",
                                         "[fatal] Conversion failed!"};
    EXPECT_EQ(shown_of(lines, 2000), lines.front());
    EXPECT_EQ(shown_of(lines, 2001), lines.back());
}

}  // namespace
}  // namespace sluice::hook
