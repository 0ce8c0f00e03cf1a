#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "core/flv/tag.hpp"
#include "core/fmp4/demuxer.hpp"
#include "feed_offset.hpp"

namespace sluice::hook {

/// A message as an encoder could have sent it: its body is `head`, then `data`.
struct ReturnedMessage {
    flv::TagType type{};
    std::int64_t dts_ms = 0;  ///< ≥ 0
    std::span<const std::uint8_t> head;
    std::span<const std::uint8_t> data;  ///< both borrowed for the time of the call
    bool config = false;                 ///< a decoder configuration
    bool key = false;                    ///< a picture that decoding can start with
};

class ReturnedSink {
public:
    virtual void message(const ReturnedMessage& message) = 0;

protected:
    ~ReturnedSink() = default;
};

inline constexpr std::size_t kMostHeld = 16U << 20;  // bytes

/// Makes messages of the fragmented MP4 that a process gives back: of the first picture and the
/// first sound in it that are known. Each comes in the order of the file; a configuration before
/// the first frame that needs it, and a picture only behind a key frame.
class Returned : private fmp4::DemuxerSink {
public:
    /// `shifted`: the process keeps the times of a Feed, which are kFeedOffset ahead.
    explicit Returned(bool shifted) : offset_ms_(shifted ? kFeedOffset * 1000 : 0) {}

    /// Errors: those of fmp4::Demuxer, after which nothing more comes.
    Result<void> take(std::span<const std::uint8_t> bytes, ReturnedSink& sink);

    /// At the end of the pipe: Errc::truncated when that is inside a frame.
    Result<void> finish() const { return demuxer_.finish(); }

    /// Frames that were left out: their time is below zero, or no key frame came before.
    std::uint64_t dropped() const { return dropped_; }
    /// Tracks of the newest movie that are left out.
    std::size_t left_out() const { return left_out_; }

private:
    struct Lane {
        std::optional<fmp4::MovieTrack> track;
        std::vector<std::uint8_t> config;  ///< the message; empty: the codec has none
        bool wants_config = false;
        bool wants_key = false;
    };

    /// What came before its time.
    struct Early {
        fmp4::DemuxedSample facts;
        std::vector<std::uint8_t> data;
    };

    void movie(std::span<const fmp4::MovieTrack> tracks) override;
    void sample(const fmp4::DemuxedSample& sample) override;
    void hold(const fmp4::DemuxedSample& sample);
    void take_in_time(const fmp4::DemuxedSample& sample);
    Lane& lane(media::Kind kind) { return lanes_[static_cast<std::size_t>(kind)]; }
    Lane* lane_of(std::uint32_t track_id);
    void give_configs(std::int64_t dts_ms);
    void give(const fmp4::MovieTrack& track, const fmp4::DemuxedSample& sample,
              std::int64_t dts_ms);

    std::int64_t offset_ms_;
    fmp4::Demuxer demuxer_;
    Lane lanes_[2];
    std::deque<Early> early_;  ///< in the order of time
    std::size_t early_bytes_ = 0;
    ReturnedSink* sink_ = nullptr;  ///< during take()
    std::uint64_t dropped_ = 0;
    std::size_t left_out_ = 0;
};

}  // namespace sluice::hook
