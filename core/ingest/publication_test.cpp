#include "publication.hpp"

#include <gtest/gtest.h>

#include "core/codec/test_samples.hpp"
#include "core/flv/metadata.hpp"
#include "core/hub/test_hub.hpp"
#include "vitals.hpp"

namespace sluice::ingest {
namespace {

using Bytes = std::vector<std::uint8_t>;

struct Tag {
    flv::TagType type{};
    std::uint32_t time_ms = 0;
    Bytes body;
};

std::vector<Tag> parse(std::span<const std::uint8_t> in)
{
    std::vector<Tag> tags;
    while (!in.empty()) {
        const auto header = flv::parse_tag_header(in);
        if (!header || in.size() < flv::kTagHeaderSize + header->size + flv::kPreviousTagSize) {
            ADD_FAILURE() << "not whole tags";
            return tags;
        }
        const auto body = in.subspan(flv::kTagHeaderSize, header->size);
        tags.push_back({header->type, header->timestamp_ms, {body.begin(), body.end()}});
        in = in.subspan(flv::kTagHeaderSize + header->size + flv::kPreviousTagSize);
    }
    return tags;
}

Bytes with_head(Bytes head, const Bytes& body)
{
    head.insert(head.end(), body.begin(), body.end());
    return head;
}

Bytes avc_config(std::size_t sample = 0)
{
    return with_head({0x17, 0, 0, 0, 0},
                     codec::samples::bytes(codec::samples::video.at(sample).hex));
}

Bytes avc_frame(bool key, std::size_t size = 100)
{
    return with_head({static_cast<std::uint8_t>(key ? 0x17 : 0x27), 1, 0, 0, 40},
                     Bytes(size, 0xab));
}

const Bytes kAacConfig{0xaf, 0, 0x12, 0x10};
const Bytes kAacFrame{0xaf, 1, 0x21, 0x10, 0x05};

class IngestPublication : public ::testing::Test {
protected:
    explicit IngestPublication(const hub::Geometry& geometry = hub::test::small_geometry())
        : shared(geometry)
    {}

    Result<Accepted> take(flv::TagType type, const Bytes& body, std::uint32_t ms)
    {
        // In two pieces, as chunks come.
        const std::span<const std::uint8_t> all(body);
        const std::array<std::span<const std::uint8_t>, 2> pieces{all.first(body.size() / 2),
                                                                  all.subspan(body.size() / 2)};
        return publication.take(
            {.type = type, .timestamp_ms = ms, .pieces = pieces, .size = body.size()},
            1000 * std::uint64_t{now_ms = ms});
    }
    Result<Accepted> video(const Bytes& body, std::uint32_t ms)
    {
        return take(flv::TagType::video, body, ms);
    }
    Result<Accepted> audio(const Bytes& body, std::uint32_t ms)
    {
        return take(flv::TagType::audio, body, ms);
    }

    hub::test::SharedZone shared;
    hub::Claim claim = hub::test::claim(shared.zone, "demo");
    Publication publication{shared.zone, claim, hub::own_process_id(), 0, 0};
    hub::StreamRecord& stream = claim.writer.stream();
    std::uint32_t now_ms = 0;
};

TEST_F(IngestPublication, BodiesPassByteForByte)
{
    hub::test::Viewer viewer(shared.zone, stream);
    const std::vector<std::pair<flv::TagType, Bytes>> sent{
        {flv::TagType::video, avc_config()},
        {flv::TagType::audio, kAacConfig},
        {flv::TagType::video, avc_frame(true)},
        {flv::TagType::audio, kAacFrame},
        {flv::TagType::video, avc_frame(false, 3000)}};
    std::uint32_t ms = 0;
    for (const auto& [type, body] : sent) ASSERT_TRUE(take(type, body, ms += 20));
    viewer.drain();
    const auto config = parse(viewer.config);
    const auto tags = parse(viewer.bytes);
    ASSERT_EQ(config.size(), 2U);
    ASSERT_EQ(tags.size(), 3U);
    EXPECT_EQ(config[0].body, sent[0].second);
    EXPECT_EQ(config[1].body, sent[1].second);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(tags[i].body, sent[i + 2].second);
}

TEST_F(IngestPublication, AFreshStreamBeginsAtZeroWhateverTheEncodersClockSays)
{
    ASSERT_TRUE(video(avc_config(), 0xffffff00));
    ASSERT_TRUE(video(avc_frame(true), 0xffffff00));
    ASSERT_TRUE(video(avc_frame(false), 0xffffff28));
    ASSERT_TRUE(video(avc_frame(false), 0x00000050));
    hub::test::Viewer viewer(shared.zone, stream);
    viewer.drain();
    const auto tags = parse(viewer.bytes);
    ASSERT_EQ(tags.size(), 3U);
    EXPECT_EQ(tags[0].time_ms, 0U);
    EXPECT_EQ(tags[1].time_ms, 40U);
    EXPECT_EQ(tags[2].time_ms, 0x150U);
}

TEST_F(IngestPublication, AContinuedStreamRisesByTheTimeThatPassed)
{
    ASSERT_TRUE(video(avc_frame(true), 0));
    ASSERT_TRUE(video(avc_frame(true), 1000));
    hub::release(shared.zone, publication.writer(), 60'000);
    const auto second = hub::test::claim(shared.zone, "demo");
    ASSERT_EQ(second.result, hub::Claimed::resumed);
    publication = Publication(shared.zone, second, hub::own_process_id(), 0, 3500);
    ASSERT_TRUE(video(avc_frame(true), 77));
    hub::test::Viewer viewer(shared.zone, stream);
    viewer.drain();
    EXPECT_EQ(parse(viewer.bytes).at(0).time_ms, 3500U);
}

TEST_F(IngestPublication, AGivenTimeIsKeptAndNeverFalls)
{
    const auto give = [&](const Bytes& body, std::int64_t dts_ms) {
        const std::array<std::span<const std::uint8_t>, 1> pieces{body};
        return publication
            .take_at({.type = flv::TagType::video, .pieces = pieces, .size = body.size()}, dts_ms,
                     0)
            ->dts_ms;
    };
    EXPECT_EQ(give(avc_config(), 7'000), 7'000);
    EXPECT_EQ(give(avc_frame(true), 7'000), 7'000);
    EXPECT_EQ(give(avc_frame(false), 7'040), 7'040);
    EXPECT_EQ(give(avc_frame(false), 6'000), 7'040);
}

TEST_F(IngestPublication, AnotherPublicationGoesOnWithTheClock)
{
    video(avc_config(), 90'000);
    video(avc_frame(true), 90'000);
    video(avc_frame(false), 90'040);
    const auto other_claim = hub::test::claim(shared.zone, "demo/raw");
    Publication other(shared.zone, other_claim, hub::own_process_id(), 0, 0);
    other.continue_clock(publication.clock());
    const auto frame = avc_frame(true);
    const std::array<std::span<const std::uint8_t>, 1> pieces{frame};
    const Message message{.type = flv::TagType::video,
                          .timestamp_ms = 90'080,
                          .pieces = pieces,
                          .size = frame.size()};
    EXPECT_EQ(other.take(message, 90'080'000)->dts_ms, 80);
    EXPECT_EQ(publication.take(message, 90'080'000)->dts_ms, 80);
}

TEST_F(IngestPublication, MetadataReachesJoinsWithoutTheSetDataFrame)
{
    const auto plain = flv::encode_metadata({.width = 640, .height = 360});
    auto framed =
        with_head({2, 0, 13}, {'@', 's', 'e', 't', 'D', 'a', 't', 'a', 'F', 'r', 'a', 'm', 'e'});
    framed = with_head(framed, plain);
    for (const auto& message : {plain, framed}) {
        ASSERT_TRUE(take(flv::TagType::script, message, 0));
        ASSERT_TRUE(video(avc_frame(true), 40));
        hub::test::Viewer viewer(shared.zone, stream);
        viewer.drain();
        const auto config = parse(viewer.config);
        ASSERT_EQ(config.size(), 1U);
        EXPECT_EQ(config[0].type, flv::TagType::script);
        EXPECT_EQ(config[0].body, plain);
    }
    EXPECT_EQ(publication.writer().ring().info.video.width, 640U);
}

TEST_F(IngestPublication, DescribesEveryCodecOfTheSamples)
{
    const auto fourcc = [](flv::VideoCodec codec) {
        return codec == flv::VideoCodec::hevc  ? "hvc1"
               : codec == flv::VideoCodec::av1 ? "av01"
               : codec == flv::VideoCodec::vp9 ? "vp09"
                                               : "avc1";
    };
    for (const auto& sample : codec::samples::video) {
        Bytes head{0x90};
        for (const char* c = fourcc(sample.codec); *c != 0; ++c)
            head.push_back(static_cast<std::uint8_t>(*c));
        ASSERT_TRUE(video(with_head(head, codec::samples::bytes(sample.hex)), 0)) << sample.encoder;
        const auto& info = publication.writer().ring().info.video;
        EXPECT_EQ(info.codec_string, sample.codec_string);
        EXPECT_EQ(info.width, sample.width);
        EXPECT_EQ(info.height, sample.height);
    }
    const auto opus = with_head({0x90, 'O', 'p', 'u', 's'},
                                codec::samples::bytes("4f707573486561640102380180bb0000000000"));
    ASSERT_TRUE(audio(opus, 0));
    EXPECT_STREQ(publication.writer().ring().info.audio.name, "opus");
    ASSERT_TRUE(audio(kAacConfig, 0));
    EXPECT_STREQ(publication.writer().ring().info.audio.codec_string, "mp4a.40.2");
    EXPECT_EQ(publication.writer().ring().info.audio.sample_rate, 44100U);
}

TEST_F(IngestPublication, AfterAChangeOfHeaderJoinsWaitForTheNextKeyFrame)
{
    ASSERT_TRUE(video(avc_config(0), 0));
    ASSERT_TRUE(video(avc_frame(true), 0));
    ASSERT_TRUE(video(avc_config(0), 20)) << "the same again changes nothing";
    EXPECT_NE(publication.writer().ring().newest_key.load(), 0U);
    ASSERT_TRUE(video(avc_config(1), 40));
    hub::test::Viewer viewer(shared.zone, stream);
    EXPECT_EQ(viewer.drain(), hub::Sight::wait);
    EXPECT_TRUE(viewer.bytes.empty());
    ASSERT_TRUE(video(avc_frame(true), 80));
    viewer.drain();
    EXPECT_EQ(parse(viewer.bytes).size(), 1U);
    EXPECT_EQ(parse(viewer.config).at(0).body, avc_config(1));
}

TEST_F(IngestPublication, AudioAloneIsJoinedAtAnyFrameUntilVideoComes)
{
    ASSERT_TRUE(audio(kAacConfig, 0));
    for (std::uint32_t ms = 0; ms < 100; ms += 20) ASSERT_TRUE(audio(kAacFrame, ms));
    hub::test::Viewer viewer(shared.zone, stream);
    viewer.drain();
    EXPECT_EQ(parse(viewer.bytes).size(), 1U);
    ASSERT_TRUE(video(avc_frame(false), 100));
    hub::test::Viewer late(shared.zone, stream);
    EXPECT_EQ(late.drain(), hub::Sight::wait);
    EXPECT_TRUE(late.bytes.empty());
}

TEST_F(IngestPublication, WhatCannotBeReadIsDroppedAndCountedAndTheSessionGoesOn)
{
    EXPECT_FALSE(video({}, 0));
    EXPECT_FALSE(audio({}, 0));
    EXPECT_FALSE(take(flv::TagType::script, {}, 0));
    EXPECT_FALSE(video({0x17, 9, 0, 0, 0}, 0));
    EXPECT_FALSE(take(flv::TagType::script, Bytes(hub::kConfigBytes, 2), 0));
    EXPECT_FALSE(video(with_head({0x17, 0, 0, 0, 0}, Bytes(hub::kConfigBytes)), 0));
    EXPECT_EQ(publication.messages_dropped(), 6U);
    EXPECT_TRUE(video(avc_frame(true), 0));
}

TEST_F(IngestPublication, GrowsUntilTwoGroupsOfPicturesFit)
{
    hub::test::Viewer viewer(shared.zone, stream);
    ASSERT_TRUE(video(avc_config(), 0));
    for (std::uint32_t i = 0; i < 250; ++i)
        ASSERT_TRUE(video(avc_frame(i == 0, 1500), i * 40)) << i;  // 10 s
    EXPECT_EQ(publication.writer().ring().bytes, 1024U * 1024);
    viewer.drain();
    EXPECT_EQ(parse(viewer.bytes).size(), 250U);
    ASSERT_TRUE(video(avc_frame(true, 1500), 250 * 40));
    EXPECT_EQ(publication.writer().ring().tags_in.load(), 252U);
}

TEST_F(IngestPublication, AGroupThatFitsNowhereIsReportedOnce)
{
    int reports = 0;
    for (std::uint32_t i = 0; i < 2000; ++i) {
        const auto accepted = video(avc_frame(i % 1000 == 0, 1500), i * 40);
        ASSERT_TRUE(accepted);
        reports += accepted->gop_exceeds_ring ? 1 : 0;
    }
    EXPECT_EQ(reports, 1);
}

TEST_F(IngestPublication, MeasuresRatesAndGroups)
{
    for (std::uint32_t i = 0; i < 200; ++i) ASSERT_TRUE(video(avc_frame(i % 50 == 0, 995), i * 40));
    const auto& info = publication.writer().ring().info;
    EXPECT_NEAR(info.fps, 25, 0.1);
    EXPECT_NEAR(info.video_bps, 200'000, 2'000);
    EXPECT_EQ(info.gop_ms, 2000U);
}

/// A second of both tracks as an encoder sends them: 25 frames, a key frame first, sound or not.
class IngestVitals : public IngestPublication {
protected:
    void seconds(int count, bool sound = true)
    {
        if (now_ms == 0) {
            ASSERT_TRUE(video(avc_config(), 0));
            ASSERT_TRUE(audio(kAacConfig, 0));
        }
        for (const auto end = now_ms + 1000U * static_cast<unsigned>(count); now_ms < end;) {
            const auto at = now_ms + 20;
            if (at % 40 == 0) ASSERT_TRUE(video(avc_frame(at % 1000 == 0), at));
            ASSERT_TRUE(
                audio(sound ? with_head({0xaf, 1, 0x21, 0x1b}, Bytes(300, 0x55)) : kAacFrame, at));
        }
    }

    Vitals vitals(std::uint32_t later_ms = 0)
    {
        const auto& ring = publication.writer().ring();
        return vitals_of(shared.zone, ring, ring.info, 1000 * std::uint64_t{now_ms + later_ms});
    }
};

TEST_F(IngestVitals, OfAGoodStreamAreGood)
{
    seconds(6);
    const auto now = vitals();
    EXPECT_NEAR(now.fps.value_or(0), 25, 0.5);
    EXPECT_GT(now.video_bps, 15'000U);
    EXPECT_GT(now.audio_bps, 100'000U);
    EXPECT_EQ(now.keyframe_interval_ms, 1000);
    EXPECT_NEAR(static_cast<double>(now.av_drift_ms.value_or(999)), 0, 25);
    EXPECT_EQ(now.silence_ms, 0);
    EXPECT_EQ(now.last_tag_age_ms, 0);
}

TEST_F(IngestVitals, FallWhenTheInputStops)
{
    seconds(6);
    const auto soon = vitals(1500);
    EXPECT_NEAR(soon.fps.value_or(0), 25, 0.5);
    EXPECT_EQ(soon.keyframe_interval_ms, 1500) << "the key frame that should be there is late";
    EXPECT_EQ(soon.last_tag_age_ms, 1500);
    const auto late = vitals(5000);
    EXPECT_EQ(late.fps, 0.0F);
    EXPECT_EQ(late.video_bps, 0U);
    EXPECT_EQ(late.audio_bps, 0U);
    EXPECT_FALSE(late.av_drift_ms);
    EXPECT_EQ(late.silence_ms, 5000);
}

TEST_F(IngestVitals, CodedSilenceIsSilenceAndSoundEndsIt)
{
    seconds(2);
    seconds(4, false);
    EXPECT_EQ(vitals().silence_ms, 4000);
    EXPECT_EQ(vitals().last_tag_age_ms, 0);
    seconds(1);
    EXPECT_EQ(vitals().silence_ms, 0);
}

TEST_F(IngestVitals, AreUnknownWithoutTheTrack)
{
    ASSERT_TRUE(video(avc_config(), 0));
    for (std::uint32_t at = 40; at <= 5000; at += 40) ASSERT_TRUE(video(avc_frame(at == 40), at));
    const auto now = vitals();
    EXPECT_FALSE(now.silence_ms);
    EXPECT_FALSE(now.av_drift_ms);
    EXPECT_EQ(now.audio_bps, 0U);
    EXPECT_EQ(now.keyframe_interval_ms, 4960) << "no second key frame yet: the age of the first";
}

TEST_F(IngestVitals, AnAudioTrackThatNeverSaysAnythingIsSilent)
{
    ASSERT_TRUE(audio(kAacConfig, 100));
    EXPECT_EQ(vitals(3000).silence_ms, 3000);
}

TEST_F(IngestVitals, StayWhenTheStreamMovesToALargerRing)
{
    seconds(4);
    const auto* before = &publication.writer().ring();
    for (int i = 0; &publication.writer().ring() == before && i < 1000; ++i)
        ASSERT_TRUE(video(avc_frame(false, 10'000), now_ms + 40));
    ASSERT_NE(&publication.writer().ring(), before);
    EXPECT_GT(vitals().keyframe_interval_ms.value_or(0), 0);
    EXPECT_LT(vitals().silence_ms.value_or(1 << 30), 60'000);
}

}  // namespace
}  // namespace sluice::ingest
