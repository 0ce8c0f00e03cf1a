#include "messages.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

Spec full_spec()
{
    return {.parent = 4711,
            .argv = {"/usr/bin/ffmpeg", "-i", "pipe:0", "it's \"频道\" \n;"},
            .outputs = 4,
            .progress = true,
            .events = true,
            .log = "/var/log/a.log",
            .log_bytes = 1000,
            .log_kept = 3,
            .nice = 5,
            .memory_bytes = 1ull << 33,
            .cpu_units = 1536,
            .cgroup = "/sys/fs/cgroup/sluice",
            .secrets = {"one", "two"},
            .grace_ms = 1,
            .term_ms = 2};
}

TEST(HookMessages, ASpecComesBackAsItWas)
{
    const auto spec = decode_spec(encode(full_spec()));

    ASSERT_TRUE(spec);
    EXPECT_EQ(*spec, full_spec());
}

TEST(HookMessages, ASpecNeedsOnlyItsParentAndProgramAndPassesOverWhatItDoesNotKnow)
{
    const auto spec = decode_spec(R"({"parent": 1, "argv": ["/bin/true"], "colour": {"a": []}})");

    ASSERT_TRUE(spec);
    EXPECT_EQ(*spec, (Spec{.parent = 1, .argv = {"/bin/true"}}));
}

TEST(HookMessages, WhatIsNoSpecIsMalformed)
{
    for (const auto* text :
         {"", "{", "[]", "null", R"({"parent": 1})", R"({"parent": 1, "argv": []})",
          R"({"parent": 1, "argv": ["ffmpeg"]})", R"({"parent": 1, "argv": ["/a", 2]})",
          R"({"parent": 1, "argv": ["/a", "b\u0000c"]})",
          R"({"parent": 1, "argv": ["/a"], "log": 1})",
          R"({"parent": 1, "argv": ["/a"], "outputs": -1})",
          R"({"parent": 1, "argv": ["/a"], "outputs": 4294967296})",
          R"({"parent": 1.5, "argv": ["/a"]})"}) {
        const auto spec = decode_spec(text);
        ASSERT_FALSE(spec) << text;
        EXPECT_EQ(spec.error().code, Errc::malformed) << text;
    }
}

TEST(HookMessages, ASpecHasBounds)
{
    for (const auto* member : {R"("outputs": 65)", R"("nice": 20)", R"("nice": -1)",
                               R"("log_bytes": 0)", R"("grace_ms": 3600001)", R"("parent": 0)"}) {
        const auto text =
            std::string(R"({"argv": ["/a"], "parent": 1, )") + member + "}";  // the last one counts
        const auto spec = decode_spec(text);
        ASSERT_FALSE(spec) << text;
        EXPECT_EQ(spec.error().code, Errc::limit) << text;
    }
}

TEST(HookMessages, RequestsComeBackAsTheyWere)
{
    EXPECT_EQ(decode_request(encode(Request::end)), Request::end);
    EXPECT_EQ(decode_request(encode(Request::kill)), Request::kill);
    EXPECT_FALSE(decode_request("{}"));
    EXPECT_FALSE(decode_request(R"({"end": false})"));
    EXPECT_FALSE(decode_request("end"));
}

TEST(HookMessages, ReportsComeBackAsTheyWere)
{
    const std::vector<Report> reports{
        Started{42},
        Progress{
            .frame = 9, .fps = 25, .speed = 1.5, .out_time_us = -1, .dropped = 2, .duplicated = 3},
        Usage{.cpu_ms = 1, .rss_bytes = 1ull << 40},
        Line{"it failed"},
        Event{.type = "motion.started", .data = R"({"percent":2.5})"},
        Ended{.reason = EndReason::memory_limit,
              .signal = 9,
              .cpu_ms = 7,
              .max_rss_bytes = 8,
              .line = "out of memory"}};

    for (const auto& report : reports) {
        const auto decoded = decode_report(encode(report));
        ASSERT_TRUE(decoded) << encode(report);
        EXPECT_EQ(*decoded, report) << encode(report);
    }
}

TEST(HookMessages, WordsInNoEncodingAreStillAMessage)
{
    const auto report = decode_report(encode(Report(Line{"a\xff\xc3"})));

    ASSERT_TRUE(report);
    EXPECT_EQ(std::get<Line>(*report).text, "a\xef\xbf\xbd\xef\xbf\xbd");
}

TEST(HookMessages, WhatIsNoReportIsMalformed)
{
    for (const auto* text : {"", "[]", "{}", R"({"started": 1})", R"({"started": {}})",
                             R"({"ended": {"reason": "bored"}})", R"({"usage": {"cpu_ms": -1}})",
                             R"({"event": {"type": "hook.ended", "data": "{}"}})"})
        EXPECT_FALSE(decode_report(text)) << text;
}

TEST(HookMessages, AnEventIsReadFromAProgramsLine)
{
    const auto event = read_event(R"({"event":"motion.clip","file":"a.mp4","duration_ms":5})");

    ASSERT_TRUE(event);
    EXPECT_EQ(event->type, "motion.clip");
    EXPECT_EQ(event->data, R"({"duration_ms":5,"file":"a.mp4"})");
}

TEST(HookMessages, AnEventOfAProgramCanNotPretendToBeAnothers)
{
    const auto event =
        read_event(R"({"event":"motion.clip","file":"a.mp4","channel":"b","type":"c"})");

    ASSERT_TRUE(event);
    EXPECT_EQ(
        event_text(*event, "demo", "motion", 5),
        R"({"channel":"demo","file":"a.mp4","hook":"motion","ts_ms":5,"type":"motion.clip"})");
}

TEST(HookMessages, WhatAProgramMayNotTellOfIsNoEvent)
{
    const auto long_line =
        R"({"event":"motion.clip","file":")" + std::string(kMaxEvent, 'a') + R"("})";
    for (const auto& line :
         {std::string(), std::string("frame=1"), std::string("[]"), std::string("{}"),
          std::string(R"({"event":1})"), std::string(R"({"event":"stream.stopped"})"),
          std::string(R"({"event":"motionless"})"), std::string(R"({"event":"motion.a\"b"})"),
          long_line})
        EXPECT_FALSE(read_event(line)) << line;
}

}  // namespace
}  // namespace sluice::hook
