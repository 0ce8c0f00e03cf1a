#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>

#include "core/hub/test_process.hpp"
#include "packager.hpp"
#include "test_stream.hpp"

namespace sluice::package {
namespace {

/// While it lives no file of this process grows beyond so many bytes: a disk that is full.
class FullDisk {
public:
    explicit FullDisk(rlim_t bytes) : handler_(std::signal(SIGXFSZ, SIG_IGN))
    {
        ::getrlimit(RLIMIT_FSIZE, &before_);
        const rlimit now{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &now);
    }
    FullDisk(const FullDisk&) = delete;
    FullDisk& operator=(const FullDisk&) = delete;
    ~FullDisk()
    {
        ::setrlimit(RLIMIT_FSIZE, &before_);
        std::signal(SIGXFSZ, handler_);
    }

private:
    void (*handler_)(int);
    rlimit before_{};
};

class PackagerFailureTest : public test::StreamTest {};

TEST_F(PackagerFailureTest, ADiskThatTakesNothingMakesGapsUntilItDoesAgain)
{
    publisher_.begin();
    publisher_.play_to(10.5);
    {
        const FullDisk full(0);
        publisher_.play_to(11.5);
        EXPECT_TRUE(publisher_.last.failing);
        // Neither what is no media nor what can't be read says that all is well.
        publisher_.send(flv::TagType::script, flv::encode_metadata({.framerate = 25}));
        EXPECT_TRUE(publisher_.last.failing);
        publisher_.send(flv::TagType::video, {});
        EXPECT_TRUE(publisher_.last.failing);
        publisher_.play_to(20.5);
        EXPECT_TRUE(publisher_.last.failing);
        EXPECT_EQ(publisher_.changes_failing, 1);
    }
    const auto failed = window();
    for (const auto kind : {Lane::video, Lane::audio}) {
        const auto& lane = failed->of(kind);
        EXPECT_TRUE(lane.at(lane.end - 1).gap);
        EXPECT_TRUE(lane.at(lane.end - 3).gap);
        EXPECT_NEAR(duration_us(*failed, kind, lane.at(lane.end - 3)), 2e6, 22'000);
    }
    publisher_.play_to(33);
    EXPECT_FALSE(publisher_.last.failing);
    EXPECT_EQ(publisher_.changes_failing, 2);
    const auto now = window();
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        EXPECT_FALSE(now->of(kind).at(now->of(kind).end - 1).gap);
    }
    EXPECT_EQ(now->end_period, 1U);
    EXPECT_EQ(broken(), "");
}

TEST_F(PackagerFailureTest, WhatWasWrittenBeforeTheDiskWasFullStays)
{
    publisher_.settings.hls = false;
    publisher_.begin();
    publisher_.play_to(11);
    const auto before = window()->of(Lane::video);
    const auto bytes = before.at(before.end - 1).bytes;
    {
        const FullDisk full(bytes + 10);  // the middle of a part
        publisher_.play_to(11.9);
    }
    const auto now = window();
    const auto& segment = now->of(Lane::video).at(before.end - 1);
    EXPECT_TRUE(segment.gap);
    EXPECT_EQ(segment.bytes, bytes);
    EXPECT_GT(segment.duration, before.at(before.end - 1).duration);
}

TEST_F(PackagerFailureTest, APeriodThatFindsTheDiskFullBeginsAtALaterKeyFrame)
{
    for (const bool from_the_start : {true, false}) {
        SCOPED_TRACE(from_the_start);
        ++publisher_.run;
        publisher_.changes_failing = 0;
        if (from_the_start) {
            const FullDisk full(0);
            publisher_.begin();
            publisher_.play(5);
            EXPECT_TRUE(publisher_.last.failing);
        } else {
            publisher_.begin();
            publisher_.play(5);
            const FullDisk full(0);
            publisher_.change_picture(&test::another_h264());
            publisher_.play(8);
            EXPECT_TRUE(publisher_.last.failing);
        }
        EXPECT_EQ(publisher_.changes_failing, 1);
        publisher_.play(12);
        EXPECT_FALSE(publisher_.last.failing);
        EXPECT_EQ(publisher_.changes_failing, 2);
        const auto now = window();
        const auto& period = now->period_at(now->end_period - 1);
        EXPECT_NE(period.video.timescale, 0U);
        EXPECT_NE(period.audio.timescale, 0U);
        for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
            EXPECT_EQ(now->of(kind).at(now->of(kind).end - 1).period, now->end_period - 1);
        }
        EXPECT_EQ(broken(), "");
        publisher_.end();
        remove_files(root_, *window());
        EXPECT_TRUE(std::filesystem::is_empty(root_)) << "not even an empty folder";
    }
}

TEST_F(PackagerFailureTest, AFolderThatIsNoFolderTakesNothing)
{
    folder_.write("demo", "a file");
    publisher_.begin();
    publisher_.play_to(5);
    EXPECT_TRUE(publisher_.last.failing);
    EXPECT_EQ(publisher_.changes_failing, 1);
    EXPECT_EQ(window()->end_period, 0U);
    std::filesystem::remove(folder_.path() / "demo");
    publisher_.play_to(11);
    EXPECT_FALSE(publisher_.last.failing);
    EXPECT_EQ(window()->end_period, 1U);
    EXPECT_EQ(broken(), "");
}

/// Every file below, and what it holds.
std::map<std::string, std::string> contents(const std::string& root)
{
    std::map<std::string, std::string> all;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        if (!entry.is_regular_file()) continue;
        std::ifstream file(entry.path(), std::ios::binary);
        all[entry.path()] = {std::istreambuf_iterator<char>(file), {}};
    }
    return all;
}

TEST_F(PackagerFailureTest, WhoWasReplacedWritesNothingMore)
{
    publisher_.begin();
    publisher_.play(7.1);
    test::Publisher second(*rack_, root_);
    second.skip_to(7.1);
    second.begin();
    second.play(3);
    const auto files = contents(root_);
    const auto seen = window();

    publisher_.play(21);  // segments that end, begin, and are old enough to go
    publisher_.change_picture(&test::another_h264());
    publisher_.play(21);  // and a period of its own
    publisher_.end();
    EXPECT_EQ(contents(root_), files);
    EXPECT_EQ(window()->next_sequence, seen->next_sequence);
    second.play(4);
    EXPECT_EQ(broken(), "");
}

/// `at_s`: where the publisher is killed.
class KilledPublisher : public test::StreamTest, public testing::WithParamInterface<double> {};

TEST_P(KilledPublisher, IsGoneOnWithBehindWhatItAnnounced)
{
    const auto at_s = GetParam();
    publisher_.skip_to(0);
    hub::test::Child killed([&] {
        publisher_.begin();
        publisher_.play_to(at_s);
        return true;  // and ends without an end
    });
    ASSERT_TRUE(killed.wait());
    const auto before = window();
    ASSERT_FALSE(before->of(Lane::video).empty());
    const auto& last = before->of(Lane::video).at(before->of(Lane::video).end - 1);
    ASSERT_FALSE(last.complete);

    publisher_.skip_to(at_s + 1);
    publisher_.begin();
    publisher_.play(12);
    const auto now = window();
    EXPECT_EQ(now->end_period, 2U);
    for (const auto kind : {Lane::video, Lane::audio, Lane::transport}) {
        SCOPED_TRACE(static_cast<int>(kind));
        const auto& lane = now->of(kind);
        const auto& old = before->of(kind);
        EXPECT_LT(lane.first, old.end - 1) << "what is there stays";
        EXPECT_TRUE(lane.at(old.end - 1).complete);
        EXPECT_EQ(lane.at(lane.end - 1).period, 1U);
    }
    if (last.parts > 0) {
        const auto& ended = now->of(Lane::video).at(last.sequence);
        EXPECT_EQ(ended.parts, last.parts);
        EXPECT_EQ(ended.bytes, last.bytes);
        EXPECT_EQ(ended.period, 0U);
    }
    EXPECT_EQ(now->of(Lane::audio).end, now->of(Lane::video).end);
    EXPECT_EQ(broken(), "");
}

INSTANTIATE_TEST_SUITE_P(PackagerFailureTest, KilledPublisher,
                         testing::Values(11.0, 11.9, 12.01, 12.15));

}  // namespace
}  // namespace sluice::package
