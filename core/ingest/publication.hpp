#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/flv/audio_message.hpp"
#include "core/flv/tag.hpp"
#include "core/flv/timestamp_normaliser.hpp"
#include "core/flv/video_message.hpp"
#include "core/hub/hub.hpp"
#include "drift_meter.hpp"
#include "track_meter.hpp"

namespace sluice::ingest {

/// An RTMP message as it lies in the receiver's buffers: pieces laid end to end.
struct Message {
    flv::TagType type{};
    std::uint32_t timestamp_ms = 0;
    std::span<const std::span<const std::uint8_t>> pieces;
    std::size_t size = 0;  ///< sum of the pieces
};

/// What an accepted message asks the caller to do.
struct Accepted {
    hub::SlotMask poke = 0;   ///< workers to wake
    std::int64_t dts_ms = 0;  ///< the time the message got
    bool key = false;         ///< a decoder may start here
    bool header = false;      ///< metadata or a codec's configuration
    bool gop_exceeds_ring =
        false;  ///< the group of pictures no longer fits into the largest free ring; reported once
};

/// One publish session: takes RTMP messages, writes normalised FLV tags into the hub. Bodies pass
/// byte for byte; only the timestamp is ours. Owns no memory in the hub: the session ends with
/// hub::release(zone, writer(), …).
class Publication {
public:
    /// `claim` must have been granted. `mono_ms`: now, to place a continued stream after the time
    /// that was lost.
    Publication(hub::Zone zone, const hub::Claim& claim, hub::ProcessId self, std::uint32_t slot,
                std::int64_t mono_ms);

    /// Takes a message that arrived at `mono_us` (monotonic). Errc::limit when it is larger than
    /// the hub takes; other errors when its header can't be read: it is dropped, the session may go
    /// on.
    Result<Accepted> take(const Message& message, std::uint64_t mono_us);

    /// The same for a message whose place in the stream is known: what a process made of it, or
    /// what was normalised for another stream already. Times never fall.
    Result<Accepted> take_at(const Message& message, std::int64_t dts_ms, std::uint64_t mono_us);

    /// The publisher's clock as it is mapped now, for another publication that goes on with it.
    const flv::NormaliserState& clock() const { return clock_; }
    void continue_clock(const flv::NormaliserState& clock);

    /// Tells the hub who publishes. `connected_at_ms`: wall clock.
    void introduce(std::string_view address, bool secure, std::int64_t connected_at_ms);

    hub::Writer& writer() { return writer_; }
    std::uint64_t messages_dropped() const { return dropped_; }

private:
    struct Plan {
        std::uint8_t flags = 0;
        bool timed = true;  ///< goes through the normaliser; codec headers don't
        hub::ConfigKind config{};
        bool silent = false;  ///< an audio frame that is coded silence
    };

    Result<Accepted> accept(const Message& message, std::optional<std::int64_t> given_ms,
                            std::uint64_t mono_us);
    Result<Plan> plan_of(const Message& message, std::span<const std::uint8_t>& body);
    std::span<const std::uint8_t> whole(const Message& message);
    flv::Output time_of(const Message& message, const Plan& plan,
                        std::optional<std::int64_t> given_ms, std::uint64_t mono_us);
    Result<Plan> plan_video(std::span<const std::uint8_t> head, const Message& message);
    Result<Plan> plan_audio(std::span<const std::uint8_t> head, const Message& message);
    Result<Plan> plan_script(std::span<const std::uint8_t> body);
    Result<void> write(const Message& message, std::span<const std::uint8_t> body, const Plan& plan,
                       const flv::Output& time, std::uint64_t mono_us);
    bool keep_config(hub::ConfigKind kind, std::span<const std::uint8_t> tag);
    void describe(hub::ConfigKind kind, std::span<const std::uint8_t> body);
    void measure(flv::TagType type, const Plan& plan, std::int64_t dts_ms, std::size_t size,
                 std::uint64_t mono_us);
    void publish_rates();
    void forget_key();
    void make_group_fit(std::size_t next, const Plan& plan, Accepted& accepted);

    hub::Zone zone_;
    hub::Writer writer_;
    hub::ProcessId self_;
    std::uint32_t slot_;
    flv::NormaliserState clock_{};
    TrackMeter video_meter_;
    TrackMeter audio_meter_;
    DriftMeter drift_meter_;
    std::vector<std::uint8_t> scratch_;  ///< a message in one piece
    std::vector<std::span<const std::uint8_t>>
        pieces_;  ///< of the tag being written; kept for its memory
    flv::VideoMessage video_{};
    flv::AudioMessage audio_{};
    std::uint8_t audio_channels_ = 0;           ///< 0: unknown
    std::optional<std::uint64_t> group_bound_;  ///< the open group of pictures has no more bytes
    bool has_video_ = false;
    bool degraded_ = false;
    std::int64_t last_key_ms_ = -1;
    std::uint32_t gop_ms_ = 0;
    std::uint64_t dropped_ = 0;
};

}  // namespace sluice::ingest
