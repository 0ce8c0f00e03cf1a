#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/channel/temporary_folder.hpp"
#include "files.hpp"
#include "reader.hpp"
#include "writer.hpp"

namespace sluice::archive {
namespace {

namespace fs = std::filesystem;
using package::Lane;

constexpr std::int64_t kStart = 1'795'000'000'000;
constexpr std::int64_t kSegmentMs = 2000;
constexpr std::uint32_t kWindow = 60;

/// A live window's files, of which each segment holds its own number.
class ArchiveTest : public testing::Test {
protected:
    ArchiveTest()
    {
        fs::create_directories(live());
        write(live() + "/init", "init");
    }

    std::string live() const { return folder_.path().string() + "/live"; }
    std::string archive() const { return folder_.path().string() + "/archive/demo"; }

    static void write(const std::string& path, const std::string& text)
    {
        std::ofstream(path) << text;
    }

    static std::string text(const std::string& path)
    {
        std::ifstream file(path);
        return {std::istreambuf_iterator<char>(file), {}};
    }

    Kept segment(std::uint64_t number, std::uint64_t period = 100, Lane lane = Lane::video)
    {
        const auto path = live() + "/" + std::to_string(number);
        const auto content = "<" + std::to_string(number) + ">";
        write(path, content);
        Kept kept{};
        kept.segment = {.period = period,
                        .sequence = number,
                        .wall_ms = kStart + static_cast<std::int64_t>(number - 100) * kSegmentMs,
                        .bytes = static_cast<std::uint32_t>(content.size()),
                        .duration_us = 2'000'000,
                        .lane = static_cast<std::uint32_t>(lane),
                        .independent = 1};
        kept.period.id = period;
        kept.period.video = {.timescale = 90'000,
                             .frame = 3600,
                             .width = 640,
                             .height = 360,
                             .codecs = "avc1.64001e"};
        kept.media = path;
        kept.init = live() + "/init";
        return kept;
    }

    static std::int64_t end_of(std::uint64_t number)
    {
        return kStart + static_cast<std::int64_t>(number - 99) * kSegmentMs;
    }

    /// What the playlist's segments hold, read as a player would.
    std::string played(const hls::MediaPlaylist& playlist) const
    {
        std::string all;
        for (const auto& one : playlist.segments) {
            const auto file = text(archive() + "/" + one.uri);
            all += file.substr(one.range->offset, one.range->bytes);
        }
        return all;
    }

    channel::TemporaryFolder folder_;
};

TEST_F(ArchiveTest, WhatWasKeptIsFoundAgain)
{
    Writer writer(archive(), kWindow);
    Reader reader(archive());
    EXPECT_FALSE(reader.look());
    for (std::uint64_t i = 100; i < 103; ++i) ASSERT_TRUE(writer.keep(segment(i)));
    ASSERT_TRUE(reader.look());
    const auto edition = reader.edition();
    auto playlist = reader.playlist(Lane::video, {.now_ms = end_of(102)});
    ASSERT_TRUE(playlist);
    EXPECT_EQ(played(*playlist), "<100><101><102>");
    EXPECT_EQ(playlist->target_duration_s, 2U);
    EXPECT_EQ(playlist->segments.front().map, "100-v.mp4");
    EXPECT_EQ(playlist->segments.front().map_bytes, 4U);
    EXPECT_FALSE(reader.playlist(Lane::audio, {.now_ms = end_of(102)}));

    ASSERT_TRUE(reader.look());
    EXPECT_EQ(reader.edition(), edition);
    ASSERT_TRUE(writer.keep(segment(103)));
    ASSERT_TRUE(reader.look());
    EXPECT_NE(reader.edition(), edition);
    EXPECT_EQ(played(*reader.playlist(Lane::video, {.now_ms = end_of(103)})),
              "<100><101><102><103>");
}

TEST_F(ArchiveTest, TheWindowMovesOnAndNumbersWithIt)
{
    Writer writer(archive(), 6);
    Reader reader(archive());
    for (std::uint64_t i = 100; i < 110; ++i) ASSERT_TRUE(writer.keep(segment(i)));
    ASSERT_TRUE(reader.look());
    const auto playlist = reader.playlist(Lane::video, {.now_ms = end_of(109)});
    ASSERT_TRUE(playlist);
    EXPECT_EQ(played(*playlist), "<106><107><108><109>");
    EXPECT_EQ(playlist->sequence, 6U);
}

TEST_F(ArchiveTest, FilesOfTenMinutesGoWhenTheyAreOutOfTheWindow)
{
    Writer writer(archive(), kWindow);
    constexpr std::uint64_t kPerFile = 10 * 60 / 2;
    std::uint64_t last = 100;
    for (; last < 100 + 3 * kPerFile + 5; ++last) ASSERT_TRUE(writer.keep(segment(last)));
    EXPECT_FALSE(fs::exists(archive() + "/100-v-100.m4s"));
    EXPECT_TRUE(fs::exists(archive() + "/100-v-" + std::to_string(100 + 3 * kPerFile) + ".m4s"));
    EXPECT_TRUE(fs::exists(archive() + "/100-v.mp4"));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    const auto playlist = reader.playlist(Lane::video, {.now_ms = end_of(last - 1)});
    ASSERT_TRUE(playlist);
    EXPECT_EQ(playlist->sequence + playlist->segments.size(), last - 100);
    EXPECT_EQ(playlist->segments.size(), kWindow / 2 + 1);
}

TEST_F(ArchiveTest, AnotherPublisherGoesOnBehindADiscontinuity)
{
    {
        Writer writer(archive(), kWindow);
        for (std::uint64_t i = 100; i < 103; ++i) ASSERT_TRUE(writer.keep(segment(i)));
    }
    Writer writer(archive(), kWindow);
    for (std::uint64_t i = 110; i < 112; ++i) ASSERT_TRUE(writer.keep(segment(i, 110)));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    auto playlist = reader.playlist(Lane::video, {.now_ms = end_of(111)});
    EXPECT_EQ(played(*playlist), "<100><101><102><110><111>");
    EXPECT_TRUE(playlist->segments[3].discontinuity);
    EXPECT_EQ(playlist->segments[3].map, "110-v.mp4");
    EXPECT_EQ(playlist->discontinuity_sequence, 0U);

    // When the first period has left, its break is counted.
    playlist = reader.playlist(Lane::video, {.now_ms = end_of(110) + kWindow * 1000});
    EXPECT_EQ(played(*playlist), "<110><111>");
    EXPECT_FALSE(playlist->segments[0].discontinuity);
    EXPECT_EQ(playlist->discontinuity_sequence, 1U);
    EXPECT_EQ(playlist->sequence, 3U);
}

TEST_F(ArchiveTest, WhatACrashLeftHalfDoneIsNotSeen)
{
    {
        Writer writer(archive(), kWindow);
        for (std::uint64_t i = 100; i < 103; ++i) ASSERT_TRUE(writer.keep(segment(i)));
    }
    // Half a record, and media that no record tells of.
    {
        std::ofstream(index_path(archive()), std::ios::app) << "half a record";
        std::ofstream(archive() + "/100-v-100.m4s", std::ios::app) << "lost";
    }
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    EXPECT_EQ(played(*reader.playlist(Lane::video, {.now_ms = end_of(102)})), "<100><101><102>");
    Writer writer(archive(), kWindow);
    ASSERT_TRUE(writer.keep(segment(103)));
    ASSERT_TRUE(reader.look());
    EXPECT_EQ(played(*reader.playlist(Lane::video, {.now_ms = end_of(103)})),
              "<100><101><102><103>");
}

TEST_F(ArchiveTest, ASegmentThatIsGoneIsAnErrorAndTheOthersGoOn)
{
    Writer writer(archive(), kWindow);
    ASSERT_TRUE(writer.keep(segment(100)));
    auto gone = segment(101);
    fs::remove(gone.media);
    EXPECT_FALSE(writer.keep(gone));
    ASSERT_TRUE(writer.keep(segment(102)));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    EXPECT_EQ(played(*reader.playlist(Lane::video, {.now_ms = end_of(102)})), "<100><102>");
}

TEST_F(ArchiveTest, WhatIsKeptIsNotSpoiltByAnInitialisationThatCantBeRead)
{
    {
        Writer writer(archive(), kWindow);
        ASSERT_TRUE(writer.keep(segment(100)));
    }
    auto next = segment(101);
    fs::remove(next.init);
    Writer writer(archive(), kWindow);
    EXPECT_FALSE(writer.keep(next));
    EXPECT_EQ(text(archive() + "/100-v.mp4"), "init");
    write(next.init, "init");
    EXPECT_TRUE(writer.keep(next));
    EXPECT_EQ(text(archive() + "/100-v.mp4"), "init");
}

TEST_F(ArchiveTest, AWriterBeginsAnewWhenItsArchiveWasRemoved)
{
    Writer writer(archive(), kWindow);
    ASSERT_TRUE(writer.keep(segment(100)));
    fs::remove_all(archive());
    ASSERT_TRUE(writer.keep(segment(101)));
    ASSERT_TRUE(writer.keep(segment(102)));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    EXPECT_EQ(played(*reader.playlist(Lane::video, {.now_ms = end_of(102)})), "<101><102>");
}

TEST_F(ArchiveTest, AReaderSeesThatTheIndexWasWrittenAnewWhateverItsInode)
{
    Reader reader(archive());
    for (std::uint64_t i = 100; i < 110; ++i) {
        Writer writer(archive(), kWindow);  // each writes it anew
        ASSERT_TRUE(writer.keep(segment(i)));
        ASSERT_TRUE(reader.look());
        const auto playlist = reader.playlist(Lane::video, {.now_ms = end_of(i)});
        ASSERT_TRUE(playlist);
        EXPECT_EQ(playlist->segments.size(), i - 99);
    }
}

TEST_F(ArchiveTest, AChannelMayShowLessThanIsKept)
{
    Writer writer(archive(), kWindow);
    for (std::uint64_t i = 100; i < 110; ++i) ASSERT_TRUE(writer.keep(segment(i)));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    const auto playlist =
        reader.playlist(Lane::video, {.now_ms = end_of(109), .longest_s = 4, .ended = true});
    EXPECT_EQ(played(*playlist), "<107><108><109>");
    EXPECT_TRUE(playlist->ended);
}

TEST_F(ArchiveTest, AnArchiveThatNobodyAddsToGoesWithItsWindow)
{
    Writer writer(archive(), kWindow);
    ASSERT_TRUE(writer.keep(segment(100)));
    struct stat info {};
    ASSERT_EQ(::stat(index_path(archive()).c_str(), &info), 0);
    const auto changed = std::int64_t{info.st_mtim.tv_sec} * 1000;
    EXPECT_FALSE(remove_if_outlived(archive(), changed + kWindow * 1000 - 1));
    EXPECT_TRUE(fs::exists(archive()));
    EXPECT_TRUE(remove_if_outlived(archive(), changed + kWindow * 1000));
    EXPECT_FALSE(fs::exists(archive()));
    EXPECT_FALSE(remove_if_outlived(archive(), changed + kWindow * 1000));
}

TEST_F(ArchiveTest, TheMultivariantPlaylistKnowsTheTracks)
{
    Writer writer(archive(), kWindow);
    ASSERT_TRUE(writer.keep(segment(100)));
    Reader reader(archive());
    ASSERT_TRUE(reader.look());
    const auto over = reader.multivariant();
    ASSERT_TRUE(over);
    ASSERT_EQ(over->variants.size(), 1U);
    EXPECT_EQ(over->variants[0].uri, "v.m3u8");
    EXPECT_EQ(over->variants[0].codecs, "avc1.64001e");
    EXPECT_EQ(over->variants[0].width, 640U);
}

TEST(ArchiveFilesTest, KnowsItsOwnNames)
{
    for (const std::string name : {"1-v.mp4", "59-a.mp4", "59-v-60.m4s", "59-a-0.m4s"})
        EXPECT_TRUE(is_media_name(name)) << name;
    for (const std::string name : {"", "index", "v.mp4", "-v.mp4", "1-x.mp4", "1-v-.m4s",
                                   "1-v-x.m4s", "1-v-2.mp4", "../1-v.mp4", "1-v.mp4.new"})
        EXPECT_FALSE(is_media_name(name)) << name;
}

}  // namespace
}  // namespace sluice::archive
