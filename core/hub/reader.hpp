#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "zone.hpp"

namespace sluice::hub {

/// A stretch of the ring that can be sent as it lies: whole tags, but for the first and the last
/// which may be cut.
struct Stretch {
    std::array<std::span<const std::uint8_t>, 2>
        pieces;  ///< the second is empty unless the ring wraps inside
    std::uint64_t size = 0;
    std::uint64_t first_seq = 0;
    std::uint64_t end_seq = 0;  ///< one past the last tag touched
    bool whole = false;         ///< ends at a tag's end
};

enum class Sight : std::uint8_t {
    tags,     ///< the stretch holds something to send
    wait,     ///< nothing now: ask again after a wake-up
    ended,    ///< the stream ended and everything of it was taken
    overrun,  ///< the writer overtook this reader inside a tag: the connection can't go on
};

/// What a reader jumped over to catch up.
struct Skip {
    std::uint64_t tags = 0;
    std::int64_t ms = 0;
};

/// One viewer's place in a stream: constant memory, no part of it in shared memory, nothing the
/// writer waits for.
///
/// Use: look() → send the stretch → settle(bytes sent). Between look() and settle() the bytes may
/// be overwritten; settle() tells. Follows the stream over epochs: drains the old ring up to where
/// the new publisher took over, then goes on there. What it gives never falls in time: a new run of
/// the stream, which has a timeline of its own, ends it.
class Reader {
public:
    Reader(Zone zone, StreamRecord& stream) : zone_(zone), stream_(&stream) {}

    /// What can be sent now, at most `max` bytes (> 0).
    Sight look(std::uint64_t max, Stretch& out);

    /// Takes `sent` bytes of the stretch that look() gave last. False: the ring was overwritten
    /// meanwhile, the bytes sent may be torn and the connection can't go on. Where nothing was sent
    /// nothing is torn: look() finds the way on.
    bool settle(const Stretch& stretch, std::uint64_t sent);

    /// True before the first tag and after every jump: copy_config() has to be sent first.
    bool wants_config() const { return wants_config_; }

    /// Copies codec headers as FLV tags stamped with the time of the tag look() will give next, and
    /// clears wants_config(). The first time metadata comes before them, stamped 0: FFmpeg takes
    /// later script tags for subtitles. `out` must hold 3 · kConfigBytes. Returns the bytes
    /// written: 0, and wants_config() stays, when the headers changed since look(), which then
    /// waits for a key frame that goes with them.
    std::size_t copy_config(std::span<std::uint8_t> out);

    /// Whether there is a newer key frame to jump to.
    bool behind_key() const;

    /// Whether there is also reason to do it: the reader is more than
    /// `max_lag_ms` behind (by arrival), or half of the ring is between it and the key frame and
    /// the writer would soon overtake it.
    bool late(std::int64_t max_lag_ms) const;

    /// At a tag boundary, when late(): jumps to the newest key frame.
    void skip_if_late(std::int64_t max_lag_ms);

    /// Decoding time of the tag that look() gave first.
    std::int64_t next_dts_ms() const { return next_dts_ms_; }

    /// What was jumped over since the last call, by skip_if_late() or because the ring was
    /// overwritten.
    Skip take_skip();

    /// Milliseconds of arrival time between the next tag and the newest one.
    std::int64_t lag_ms() const;

    /// Bytes from our place to the newest key frame when that is still to come: 0 when it is next.
    std::optional<std::uint64_t> bytes_to_key() const;

    /// Inside a tag: the bytes of it that were not taken yet. 0 at a boundary.
    std::uint64_t rest_of_tag() const;

    /// Which tracks the stream has shown so far: bit 0 video, bit 1 audio.
    std::uint32_t tracks() const;

    StreamRecord& stream() const { return *stream_; }
    std::uint64_t epoch() const { return epoch_; }
    bool inside_tag() const { return within_ != 0; }

private:
    enum class Place : std::uint8_t { ready, wait, ended, overrun };

    /// How an epoch hangs together with the one before it, as it was at one moment.
    struct Link {
        RingHeader* ring = nullptr;
        std::uint64_t epoch = 0, run = 0, base_seq = 0, prev_epoch = 0, prev_limit = 0,
                      follow_seq = 0;
        std::uint32_t prev_ring = 0;
    };

    Place find_place();
    bool headers_open() const;
    static std::optional<Link> read_link(RingHeader& ring, std::uint64_t epoch);
    std::optional<Link> link_after(const Current& current) const;
    std::optional<std::uint64_t> copy_in(const Link& next) const;
    std::uint64_t limit_before(const Link& next) const;
    void join(const Link& link);
    Place follow(const Link& next);
    void seek_key();
    void try_newest_key();
    bool cut(std::uint64_t limit, std::uint64_t max, Stretch& out);

    Zone zone_;
    StreamRecord* stream_;
    RingHeader* ring_ = nullptr;
    std::uint64_t epoch_ = 0;
    std::uint64_t seq_ = 0;    ///< next tag; while seeking: the first tag a key frame may have
    std::uint64_t limit_ = 0;  ///< tags below it may be sent; set by find_place()
    std::uint64_t run_ = 0;
    std::int64_t next_dts_ms_ = 0;  ///< of tag seq_, when look() gave it
    std::int64_t last_dts_ms_ = 0;  ///< of the last tag that was taken whole
    Skip skip_;
    std::uint32_t within_ = 0;  ///< bytes of tag seq_ that were taken
    bool seeking_ = true;       ///< looking for a key frame at or after seq_
    bool lost_ = false;         ///< seeking because the ring was overwritten
    bool begun_ = false;        ///< took a tag
    bool wants_config_ = true;
    bool had_metadata_ = false;
};

}  // namespace sluice::hub
