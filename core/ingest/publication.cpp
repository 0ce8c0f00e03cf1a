#include "publication.hpp"

#include <algorithm>
#include <array>

#include "core/codec/description.hpp"
#include "core/codec/silence.hpp"
#include "core/flv/metadata.hpp"
#include "core/hub/seqlock.hpp"

namespace sluice::ingest {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::size_t kHead = 32;  // enough for every audio and video message header
constexpr std::size_t kTagOverhead = flv::kTagHeaderSize + flv::kPreviousTagSize;
constexpr std::size_t kLargestConfig = hub::kConfigBytes - kTagOverhead;
constexpr std::size_t kLargestScript =
    kLargestConfig + 16;  // the leading "@setDataFrame" is not passed on
constexpr std::int64_t kFrameStepMs =
    40;  // between the last frame of one publisher and the first of the next, at least
constexpr std::int64_t kLongestPauseMs = 60'000;

std::size_t copy_head(const Message& message, std::array<std::uint8_t, kHead>& head)
{
    std::size_t size = 0;
    for (const auto& piece : message.pieces) {
        const auto n = std::min(piece.size(), kHead - size);
        std::copy_n(piece.begin(), n, head.begin() + static_cast<std::ptrdiff_t>(size));
        size += n;
        if (size == kHead) break;
    }
    return size;
}

void put_previous_tag_size(std::uint8_t* out, std::size_t body)
{
    const auto size = static_cast<std::uint32_t>(body + flv::kTagHeaderSize);
    for (int i = 0; i < 4; ++i) out[i] = static_cast<std::uint8_t>(size >> (24 - 8 * i));
}

}  // namespace

Publication::Publication(hub::Zone zone, const hub::Claim& claim, hub::ProcessId self,
                         std::uint32_t slot, std::int64_t mono_ms)
    : zone_(zone), writer_(claim.writer), self_(self), slot_(slot)
{
    if (claim.last_dts_ms < 0) {
        // From 0, whatever the encoder's clock says: so no viewer meets the wrap at 2^32 ms before
        // 49 days are over.
        flv::TimestampNormaliser(clock_).begin_at(0);
        return;
    }
    // A continued stream goes on after the time that really passed, so that a player's buffer
    // estimate stays true.
    const auto paused = mono_ms - static_cast<std::int64_t>(claim.last_arrival_us / 1000);
    const auto step = std::clamp(paused, kFrameStepMs, kLongestPauseMs);
    flv::TimestampNormaliser(clock_).begin_at(claim.last_dts_ms + step);
}

void Publication::introduce(std::string_view address, bool secure, std::int64_t connected_at_ms)
{
    hub::seq_write(writer_.ring().info_lock, [&] {
        auto& info = writer_.ring().info;
        const auto n = std::min(address.size(), sizeof(info.address) - 1);
        address.copy(info.address, n);
        info.address[n] = 0;
        info.secure = secure;
        info.connected_at_ms = connected_at_ms;
    });
}

Result<Accepted> Publication::take(const Message& message, std::uint64_t mono_us)
{
    return accept(message, std::nullopt, mono_us);
}

Result<Accepted> Publication::take_at(const Message& message, std::int64_t dts_ms,
                                      std::uint64_t mono_us)
{
    return accept(message, dts_ms, mono_us);
}

void Publication::continue_clock(const flv::NormaliserState& clock)
{
    const auto last_ms = clock_.last_ms;
    clock_ = clock;
    clock_.last_ms = std::max(clock_.last_ms, last_ms);
}

/// Script data and codec headers are looked into, so they are needed in one piece; frames stay
/// where they are.
Bytes Publication::whole(const Message& message)
{
    scratch_.clear();
    for (const auto& piece : message.pieces)
        scratch_.insert(scratch_.end(), piece.begin(), piece.end());
    return scratch_;
}

Result<Publication::Plan> Publication::plan_of(const Message& message, Bytes& body)
{
    if (message.type == flv::TagType::script) {
        if (message.size > kLargestScript)
            return tl::unexpected(Error{Errc::limit, "metadata size"});
        return plan_script(body = flv::strip_set_data_frame(whole(message)));
    }
    std::array<std::uint8_t, kHead> head_bytes{};
    const Bytes head(head_bytes.data(), copy_head(message, head_bytes));
    auto plan =
        message.type == flv::TagType::video ? plan_video(head, message) : plan_audio(head, message);
    if (plan && (plan->flags & hub::kConfig)) body = whole(message);
    return plan;
}

Result<Accepted> Publication::accept(const Message& message, std::optional<std::int64_t> given_ms,
                                     std::uint64_t mono_us)
{
    Bytes body;
    const auto plan = plan_of(message, body);
    if (!plan) {
        ++dropped_;
        return tl::unexpected(plan.error());
    }
    Accepted accepted;
    make_group_fit(message.size + kTagOverhead, *plan, accepted);
    const auto time = time_of(message, *plan, given_ms, mono_us);
    if (const auto written = write(message, body, *plan, time, mono_us); !written) {
        ++dropped_;
        return tl::unexpected(written.error());
    }
    accepted.dts_ms = time.dts_ms;
    accepted.key = (plan->flags & hub::kKey) != 0;
    accepted.header = (plan->flags & hub::kConfig) != 0;
    accepted.poke |= hub::announce(zone_, writer_.stream());
    return accepted;
}

flv::Output Publication::time_of(const Message& message, const Plan& plan,
                                 std::optional<std::int64_t> given_ms, std::uint64_t mono_us)
{
    if (given_ms) {
        clock_.last_ms = std::max(clock_.last_ms, *given_ms);
        return {.dts_ms = clock_.last_ms};
    }
    flv::TimestampNormaliser normaliser(clock_);
    if (!plan.timed) return {.dts_ms = normaliser.last_ms()};
    return normaliser.push(message.type, message.timestamp_ms,
                           static_cast<std::int64_t>(mono_us / 1000));
}

Result<Publication::Plan> Publication::plan_video(Bytes head, const Message& message)
{
    if (message.size == 0) return tl::unexpected(Error{Errc::truncated, "empty video message"});
    const auto video = flv::parse_video_message(head);
    if (!video) return tl::unexpected(video.error());
    if (video->kind == flv::PacketKind::config) {
        if (message.size > kLargestConfig)
            return tl::unexpected(Error{Errc::limit, "video header size"});
        video_ = *video;
        return Plan{.flags = hub::kConfig, .timed = false, .config = hub::ConfigKind::video};
    }
    if (video->kind != flv::PacketKind::frame) return Plan{.timed = false};
    if (!has_video_) {
        // Until now this looked like a stream of sound only, where every tag was a place to join.
        has_video_ = true;
        forget_key();
    }
    video_.codec = video->codec;
    return Plan{.flags = video->key_frame ? hub::kKey : std::uint8_t{0}};
}

Result<Publication::Plan> Publication::plan_audio(Bytes head, const Message& message)
{
    if (message.size == 0) return tl::unexpected(Error{Errc::truncated, "empty audio message"});
    const auto audio = flv::parse_audio_message(head);
    if (!audio) return tl::unexpected(audio.error());
    if (audio->kind == flv::PacketKind::config) {
        if (message.size > kLargestConfig)
            return tl::unexpected(Error{Errc::limit, "audio header size"});
        audio_ = *audio;
        return Plan{.flags = hub::kConfig, .timed = false, .config = hub::ConfigKind::audio};
    }
    if (audio->kind != flv::PacketKind::frame) return Plan{.timed = false};
    audio_.codec = audio->codec;
    return Plan{
        .flags = has_video_ ? std::uint8_t{0} : hub::kKey,
        .silent = codec::is_coded_silence(audio->codec, audio_channels_,
                                          head.subspan(std::min(audio->body_offset, head.size())),
                                          message.size - audio->body_offset)};
}

Result<Publication::Plan> Publication::plan_script(Bytes body)
{
    if (body.empty()) return tl::unexpected(Error{Errc::truncated, "empty script message"});
    if (body.size() > kLargestConfig) return tl::unexpected(Error{Errc::limit, "metadata size"});
    const auto metadata = flv::parse_metadata(body);
    // Other script data (cue points, captions) is passed on, but joins don't get it.
    if (!metadata) return Plan{.timed = false};
    hub::seq_write(writer_.ring().info_lock, [&] {
        auto& video = writer_.ring().info.video;
        if (video.width == 0 && metadata->width)
            video.width = static_cast<std::uint32_t>(std::min(*metadata->width, 65535.0));
        if (video.height == 0 && metadata->height)
            video.height = static_cast<std::uint32_t>(std::min(*metadata->height, 65535.0));
    });
    return Plan{.flags = hub::kConfig, .timed = false, .config = hub::ConfigKind::script};
}

Result<void> Publication::write(const Message& message, Bytes body, const Plan& plan,
                                const flv::Output& time, std::uint64_t mono_us)
{
    const bool script = message.type == flv::TagType::script;
    const auto size = script ? body.size() : message.size;
    if (size > flv::kMaxTagSize) return tl::unexpected(Error{Errc::limit, "message size"});

    std::array<std::uint8_t, flv::kTagHeaderSize> header{};
    std::array<std::uint8_t, flv::kPreviousTagSize> trailer{};
    flv::write_tag_header(header, {.type = message.type,
                                   .size = static_cast<std::uint32_t>(size),
                                   .timestamp_ms = static_cast<std::uint32_t>(time.dts_ms)});
    put_previous_tag_size(trailer.data(), size);

    auto& pieces = pieces_;
    pieces.clear();
    pieces.emplace_back(header);
    if (script || plan.flags & hub::kConfig)
        pieces.push_back(body);
    else
        pieces.insert(pieces.end(), message.pieces.begin(), message.pieces.end());
    pieces.emplace_back(trailer);

    const std::uint8_t jump = time.discontinuity ? hub::kDiscontinuity : 0;
    auto done = writer_.append(pieces, {.type = static_cast<std::uint8_t>(message.type),
                                        .flags = static_cast<std::uint8_t>(plan.flags | jump),
                                        .dts_ms = time.dts_ms,
                                        .arrival_us = mono_us});
    if (!done) return done;
    if (plan.flags & hub::kConfig) {
        std::vector<std::uint8_t> tag;
        for (const auto& piece : pieces) tag.insert(tag.end(), piece.begin(), piece.end());
        if (keep_config(plan.config, tag)) describe(plan.config, body);
        auto& sound = writer_.ring().sound_us;
        if (plan.config == hub::ConfigKind::audio && sound.load(std::memory_order_relaxed) == 0)
            sound.store(mono_us, std::memory_order_relaxed);
        return {};
    }
    if (plan.timed) measure(message.type, plan, time.dts_ms, size, mono_us);
    return {};
}

/// Notes what a frame says about the stream's health.
void Publication::measure(flv::TagType type, const Plan& plan, std::int64_t dts_ms,
                          std::size_t size, std::uint64_t mono_us)
{
    auto& ring = writer_.ring();
    const bool video = type == flv::TagType::video;
    const bool key = video && plan.flags & hub::kKey;
    const auto note = [&](std::atomic<std::uint64_t>& arrival) {
        arrival.store(mono_us, std::memory_order_relaxed);
    };
    note(video ? ring.video_us : ring.audio_us);
    if (!video && (!plan.silent || ring.sound_us.load(std::memory_order_relaxed) == 0))
        note(ring.sound_us);
    // A stream that never has a key frame is late with it since its first frame.
    if (key || (video && ring.key_us.load(std::memory_order_relaxed) == 0)) note(ring.key_us);
    if (key) {
        if (last_key_ms_ >= 0) gop_ms_ = static_cast<std::uint32_t>(dts_ms - last_key_ms_);
        last_key_ms_ = dts_ms;
    }
    drift_meter_.count(clock_);
    auto& meter = video ? video_meter_ : audio_meter_;
    const auto mono_ms = static_cast<std::int64_t>(mono_us / 1000);
    if (meter.count(dts_ms, mono_ms, size) || key) publish_rates();
}

/// Stores a codec header or metadata for joins. True when it is new or differs from the one before.
bool Publication::keep_config(hub::ConfigKind kind, Bytes tag)
{
    const auto& old = writer_.ring().config[static_cast<std::size_t>(kind)];
    const bool same =
        old.size == tag.size() &&
        std::equal(tag.begin() + flv::kTagHeaderSize, tag.end(), old.bytes + flv::kTagHeaderSize);
    if (same) return false;
    // Frames up to here need the old header: who joins now waits for the next key frame. Forgotten
    // first, so that nobody who sees the new header still finds an old key frame.
    if (old.size != 0 && kind != hub::ConfigKind::script) forget_key();
    (void)writer_.set_config(kind, tag);  // sizes were checked when the message was planned
    return true;
}

void Publication::describe(hub::ConfigKind kind, Bytes body)
{
    if (kind == hub::ConfigKind::script) return;
    const auto offset = kind == hub::ConfigKind::video ? video_.body_offset : audio_.body_offset;
    const auto config = body.subspan(std::min(offset, body.size()));
    if (kind == hub::ConfigKind::video) {
        const auto video = codec::describe_video(video_.codec, config);
        if (!video) return;
        hub::seq_write(writer_.ring().info_lock, [&] { writer_.ring().info.video = *video; });
        return;
    }
    const auto audio = codec::describe_audio(audio_.codec, config);
    if (!audio) return;
    audio_channels_ = audio->channels;
    hub::seq_write(writer_.ring().info_lock, [&] { writer_.ring().info.audio = *audio; });
}

void Publication::publish_rates()
{
    hub::seq_write(writer_.ring().info_lock, [&] {
        auto& info = writer_.ring().info;
        info.fps = video_meter_.frames_per_second();
        info.video_bps = video_meter_.bits_per_second();
        info.audio_bps = audio_meter_.bits_per_second();
        info.gop_ms = gop_ms_;
        info.drift_ms = drift_meter_.ms();
    });
}

/// A ring has to hold two groups of pictures, or a viewer that joins finds its key frame
/// overwritten. Once that failed it is tried again at each key frame: a larger ring may have become
/// free.
void Publication::forget_key()
{
    writer_.forget_key();
    group_bound_.reset();  // the group is everything since the ring's oldest tag now
}

void Publication::make_group_fit(std::size_t next, const Plan& plan, Accepted& accepted)
{
    // To measure the group means to touch two descriptors that are cold among hundreds of streams:
    // a bound that only rises will do most of the time.
    if (group_bound_ && 2 * (*group_bound_ + next) <= writer_.ring().bytes) {
        *group_bound_ += next;
        return;
    }
    const auto group = writer_.group_bytes();
    const auto needed = 2 * (group + next);
    group_bound_ = group + next;
    if (needed <= writer_.ring().bytes) return;
    if (degraded_ && !(plan.flags & hub::kKey)) return;
    const bool grew = hub::grow(zone_, writer_, needed, self_, slot_, accepted.poke);
    if (grew && needed <= writer_.ring().bytes) return;
    accepted.gop_exceeds_ring = !degraded_;
    degraded_ = true;
}

}  // namespace sluice::ingest
