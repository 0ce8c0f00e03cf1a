#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.hpp"
#include "fragment_reader.hpp"
#include "movie_reader.hpp"

namespace sluice::fmp4 {

/// An access unit out of a file, in the time of its track.
struct DemuxedSample {
    std::uint32_t track_id = 0;
    std::int64_t dts = 0;          ///< may be below zero where an edit list says so
    std::int32_t composition = 0;  ///< pts − dts
    std::uint32_t duration = 0;
    bool sync = false;
    /// Microseconds, to put samples of several tracks in order: its dts, and the least that its
    /// fragment still brings (kNothingBehind: nothing).
    std::int64_t us = 0;
    std::int64_t rest_us = 0;
    std::span<const std::uint8_t> data;  ///< borrowed for the time of the call
};

/// What hears of a file while it comes in.
class DemuxerSink {
public:
    /// A movie's header; from here on samples belong to these tracks. Those that are not known have
    /// no samples.
    virtual void movie(std::span<const MovieTrack> tracks) = 0;
    virtual void sample(const DemuxedSample& sample) = 0;

protected:
    ~DemuxerSink() = default;
};

/// Reads fragmented MP4 (ISO/IEC 14496-12, 8.8) as it comes out of a pipe, cut anywhere: gives a
/// sample as soon as its last byte is there, without copying it when it came in one piece. Samples
/// come in the order of the file, which is that of time within a track. A second file may follow
/// the first. Holds at most one `moov` or `moof`, what that announces, and one sample.
class Demuxer {
public:
    /// Errc::malformed (boxes that don't fit, samples outside their `mdat`), limit (boxes and
    /// samples larger than are held), unsupported (as read_movie()). The stream can't go on after
    /// an error: the next call gives it again. `sink` hears nothing of the bytes that failed.
    Result<void> take(std::span<const std::uint8_t> bytes, DemuxerSink& sink);

    /// At the end of the stream. Errc::truncated when it ends inside a box, or before the media
    /// that was announced.
    Result<void> finish() const;

private:
    enum class Part : std::uint8_t { head, gather, media, pass };

    void consume(std::span<const std::uint8_t>& in, std::size_t size);
    Result<void> take_head(std::span<const std::uint8_t>& in);
    Result<void> begin_box(std::uint64_t size);
    Result<void> begin_media();
    Result<void> take_gathered(std::span<const std::uint8_t>& in, DemuxerSink& sink);
    Result<void> end_gathered(std::span<const std::uint8_t> content, DemuxerSink& sink);
    Result<void> take_movie(std::span<const std::uint8_t> content, DemuxerSink& sink);
    void take_media(std::span<const std::uint8_t>& in, DemuxerSink& sink);
    void give(std::span<const std::uint8_t> data, DemuxerSink& sink);
    bool announced_all_came() const { return next_ == announced_.size(); }

    Part part_ = Part::head;
    std::uint32_t type_ = 0;
    std::uint64_t rest_ = 0;       ///< of the open box
    std::uint64_t position_ = 0;   ///< in the file
    std::uint64_t box_start_ = 0;  ///< of the open box, in the file
    std::array<std::uint8_t, 16> head_{};
    std::size_t head_size_ = 0;
    std::vector<std::uint8_t> held_;  ///< of the open box or sample, when it came in pieces
    std::vector<OpenTrack> tracks_;
    std::vector<AnnouncedSample> announced_;
    std::size_t next_ = 0;  ///< of them: the first one that did not come yet
    std::optional<Error> failed_;
};

}  // namespace sluice::fmp4
