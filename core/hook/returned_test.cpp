#include "returned.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/fmp4/box.hpp"
#include "core/fmp4/fragment.hpp"
#include "core/fmp4/movie.hpp"
#include "feed.hpp"
#include "test_messages.hpp"

namespace sluice::hook {
namespace {

using flv::TagType;
using test::Body;

struct Viewer final : ReturnedSink {
    struct Message {
        TagType type;
        std::int64_t dts_ms;
        Body body;
        bool config, key;
    };

    void message(const ReturnedMessage& from) override
    {
        Body body(from.head.begin(), from.head.end());
        body.insert(body.end(), from.data.begin(), from.data.end());
        messages.push_back({from.type, from.dts_ms, std::move(body), from.config, from.key});
    }

    std::vector<Message> messages;
};

/// What a Feed makes of a stream, as a process that changes nothing gives it back.
class Echo {
public:
    void take(TagType type, const Body& body, std::int64_t dts_ms)
    {
        const auto fed = feed_.take(type, body, dts_ms);
        for (const auto bytes : {fed.piece.head, fed.piece.media}) {
            const auto done = returned.take(bytes, viewer);
            EXPECT_TRUE(done) << done.error().where;
        }
    }

    Returned returned{true};
    Viewer viewer;

private:
    Feed feed_{channel::Frames::all};
};

TEST(ReturnedTest, WhatWasFedComesBackAtItsTime)
{
    Echo echo;
    echo.take(TagType::video, test::picture_header(), 0);
    echo.take(TagType::audio, test::sound_header(), 0);
    echo.take(TagType::video, test::picture(true, 1, 67), 1000);
    echo.take(TagType::audio, test::sound(2), 1005);
    echo.take(TagType::video, test::picture(false, 3, -33), 1033);

    const auto& got = echo.viewer.messages;
    ASSERT_EQ(got.size(), 5U);
    EXPECT_TRUE(got[0].config);
    EXPECT_EQ(got[0].body, test::picture_header());
    EXPECT_EQ(got[0].dts_ms, 1000);
    EXPECT_EQ(got[1].body, test::sound_header()) << "before any sound";
    EXPECT_TRUE(got[2].key);
    EXPECT_EQ(got[2].body, test::picture(true, 1, 67));
    EXPECT_EQ(got[3].body, test::sound(2));
    EXPECT_NEAR(static_cast<double>(got[3].dts_ms), 1005, 1);
    EXPECT_EQ(got[4].body, test::picture(false, 3, -33));
    EXPECT_EQ(got[4].dts_ms, 1033);
    EXPECT_FALSE(got[4].key);
    EXPECT_EQ(echo.returned.dropped(), 0U);
}

TEST(ReturnedTest, ANewMovieBringsAConfigurationOnlyWhenItIsAnotherOne)
{
    Echo echo;
    echo.take(TagType::video, test::picture_header(), 0);
    echo.take(TagType::video, test::picture(true, 1), 0);
    echo.take(TagType::video, test::picture_header(0), 40);
    echo.take(TagType::video, test::picture(true, 2), 40);
    echo.take(TagType::audio, test::sound_header(), 60);
    echo.take(TagType::video, test::picture(true, 3), 80);
    std::vector<Body> configs;
    for (const auto& message : echo.viewer.messages) {
        if (message.config) configs.push_back(message.body);
    }
    ASSERT_EQ(configs.size(), 3U);
    EXPECT_EQ(configs[1], test::picture_header(0));
    EXPECT_EQ(configs[2], test::sound_header()) << "the picture's did not change";
    EXPECT_EQ(echo.viewer.messages.size(), 6U);
}

TEST(ReturnedTest, HevcAndOpusComeBackInTheirOwnForm)
{
    Echo echo;
    echo.take(TagType::video, test::picture_header(8), 0);
    echo.take(TagType::audio, test::sound_header(5), 0);
    echo.take(TagType::video, test::picture(true, 1, 40, flv::VideoCodec::hevc), 0);
    echo.take(TagType::audio, test::sound(2, flv::AudioCodec::opus), 0);
    const auto& got = echo.viewer.messages;
    ASSERT_EQ(got.size(), 4U);
    EXPECT_EQ(got[0].body, test::picture_header(8));
    EXPECT_EQ(got[1].body, test::sound_header(5));
    EXPECT_EQ(got[2].body, test::picture(true, 1, 40, flv::VideoCodec::hevc));
    EXPECT_EQ(got[3].body, test::sound(2, flv::AudioCodec::opus));
}

media::Track track()
{
    return {.kind = media::Kind::video,
            .video = flv::VideoCodec::avc,
            .config = codec::samples::bytes(codec::samples::video.at(1).hex),
            .timescale = media::kVideoTimescale,
            .width = 1280,
            .height = 720};
}

Body movie(std::initializer_list<const media::Track*> tracks)
{
    return fmp4::movie_header({tracks.begin(), tracks.size()}).value();
}

void append_picture(Body& file, std::uint64_t time, bool key)
{
    const fmp4::Sample sample{.duration = 3600, .size = 10, .sync = key};
    fmp4::append_fragment_head(
        {.kind = media::Kind::video, .decode_time = time, .samples = {&sample, 1}}, file);
    file.resize(file.size() + 10, 7);
}

TEST(ReturnedTest, WhatLiesBeforeTheStreamIsDroppedUpToAKeyFrame)
{
    const auto video = track();
    auto file = movie({&video});
    append_picture(file, 899'900, true);
    append_picture(file, 900'000, false);
    append_picture(file, 903'600, true);
    Viewer viewer;
    Returned returned(true);
    ASSERT_TRUE(returned.take(file, viewer));
    EXPECT_EQ(returned.dropped(), 2U);
    ASSERT_EQ(viewer.messages.size(), 2U);
    EXPECT_EQ(viewer.messages[1].dts_ms, 40);
}

TEST(ReturnedTest, WhatWasNotFedKeepsItsTimes)
{
    const auto video = track();
    auto file = movie({&video});
    append_picture(file, 900'000, true);
    Viewer viewer;
    Returned returned(false);
    ASSERT_TRUE(returned.take(file, viewer));
    ASSERT_EQ(viewer.messages.size(), 2U);
    EXPECT_EQ(viewer.messages[1].dts_ms, 10'000);
}

TEST(ReturnedTest, OfTwoPicturesTheFirstIsTaken)
{
    const auto video = track();
    auto file = movie({&video, &video});
    append_picture(file, 900'000, true);
    Viewer viewer;
    Returned returned(true);
    ASSERT_TRUE(returned.take(file, viewer));
    EXPECT_EQ(returned.left_out(), 1U);
    EXPECT_EQ(viewer.messages.size(), 2U);
}

TEST(ReturnedTest, TimesRiseWhereOneTrackLiesBehindTheOther)
{
    const auto video = track();
    media::Track audio{.kind = media::Kind::audio,
                       .audio = flv::AudioCodec::aac,
                       .config = codec::samples::bytes(codec::samples::audio.at(0).hex),
                       .timescale = 48000,
                       .channels = 2};
    // One fragment of two tracks is made of two whose media is put together.
    const std::vector<fmp4::Sample> pictures(4, {.duration = 3600, .size = 10});
    const std::vector<fmp4::Sample> sounds(6, {.duration = 1024, .size = 5});
    auto file = movie({&video, &audio});
    Body first;
    Body second;
    fmp4::append_fragment_head(
        {.kind = media::Kind::video, .decode_time = 900'000, .samples = pictures}, first);
    fmp4::append_fragment_head(
        {.kind = media::Kind::audio, .decode_time = 480'000, .samples = sounds, .track_id = 2},
        second);
    constexpr std::size_t lead = 8 + 16;  // moof, mfhd
    const Body video_traf(first.begin() + lead, first.end() - 8);
    Body audio_traf(second.begin() + lead, second.end() - 8);
    const auto moof = static_cast<std::uint32_t>(lead + video_traf.size() + audio_traf.size());
    const auto point = [&](Body& bytes, std::size_t traf, std::uint32_t to) {
        const auto run =
            std::ranges::search(std::span(bytes).subspan(traf), std::string_view("trun"));
        fmp4::put_u32(bytes, static_cast<std::size_t>(&*run.begin() - bytes.data()) + 12, to);
    };
    Body fragment(first.begin(), first.begin() + lead);
    fragment.insert(fragment.end(), video_traf.begin(), video_traf.end());
    fragment.insert(fragment.end(), audio_traf.begin(), audio_traf.end());
    fmp4::put_u32(fragment, 0, moof);
    point(fragment, lead, moof + 8);
    point(fragment, lead + video_traf.size(), moof + 8 + 40);
    file.insert(file.end(), fragment.begin(), fragment.end());
    file.insert(file.end(), {0, 0, 0, 8 + 40 + 30, 'm', 'd', 'a', 't'});
    file.resize(file.size() + 40 + 30, 9);

    Viewer viewer;
    Returned returned(true);
    ASSERT_TRUE(returned.take(file, viewer));
    ASSERT_EQ(viewer.messages.size(), 2U + 4 + 6);
    EXPECT_TRUE(std::ranges::is_sorted(viewer.messages, {}, &Viewer::Message::dts_ms));
    EXPECT_EQ(viewer.messages.back().dts_ms, 120);
}

TEST(ReturnedTest, GarbageIsAnErrorAndGivesNothing)
{
    Viewer viewer;
    Returned returned(true);
    EXPECT_FALSE(returned.take(Body(100, 0), viewer));
    EXPECT_FALSE(returned.take(movie({}), viewer));
    EXPECT_TRUE(viewer.messages.empty());
}

}  // namespace
}  // namespace sluice::hook
