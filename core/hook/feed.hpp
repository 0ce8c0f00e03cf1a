#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/channel/hook.hpp"
#include "core/flv/tag.hpp"
#include "core/media/unit_reader.hpp"
#include "feed_offset.hpp"

namespace sluice::hook {

/// Bytes for a process's standard input: one whole fragment, before the first one the movie's
/// header. Both are to be written, in this order.
struct Piece {
    std::span<const std::uint8_t> head;   ///< the feed's: until the next call
    std::span<const std::uint8_t> media;  ///< borrowed from the message
    bool key = false;                     ///< the process could have begun here

    std::size_t size() const { return head.size() + media.size(); }
};

/// What a message did.
struct Fed {
    Piece piece;           ///< empty: there is nothing to write
    bool restart = false;  ///< the process knows other tracks: a new one has to take what follows,
                           ///< which begins with a header
};

/// Makes fragmented MP4 of a stream's messages for one process after the other, each access unit in
/// a fragment of its own, kFeedOffset ahead of its time. A movie can't change its tracks on the
/// way: where a stream does, and where a process is started anew, the next one begins with a header
/// and a key frame (without a picture: with any frame). Codecs that MP4 has no place for are left
/// out.
class Feed {
public:
    /// What becomes of other headers of a picture of the same codec and size.
    enum class Changes : std::uint8_t {
        restart,  ///< the process copies them somewhere: it has to begin anew
        in_band,  ///< it decodes: they come with the next key frame, and it goes on
    };

    explicit Feed(channel::Frames frames, Changes changes = Changes::restart)
        : frames_(frames), changes_(changes)
    {}

    /// The tracks that the stream has shown or will: a movie does not begin before it has their
    /// headers, unless they can't be read.
    void expect(bool video, bool audio);

    /// A message's body at its normalised time. Every one since the newest headers of both tracks,
    /// in any order that a hub's reader gives; frames may be missing between key frames' groups.
    Fed take(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t dts_ms);

    /// A new process takes what follows.
    void begin_anew() { begun_ = false; }

    /// Whether the process has its header.
    bool begun() const { return begun_; }

private:
    struct Lane {
        bool expected = false;
        bool refused = false;        ///< nothing can be made of what came
        bool usable = false;         ///< MP4 has a place for the track
        std::uint32_t track_id = 0;  ///< in the movie that is open; 0: not in it
    };

    Lane& lane(media::Kind kind) { return lanes_[static_cast<std::size_t>(kind)]; }
    const Lane& lane(media::Kind kind) const { return lanes_[static_cast<std::size_t>(kind)]; }
    bool note_track(media::Kind kind);
    bool goes_on_in_band();
    bool waits_for(media::Kind kind) const;
    bool may_begin(media::Kind kind, bool key) const;
    bool begin();
    Piece piece_of(media::Kind kind, const media::AccessUnit& unit);
    void append_unit(media::Kind kind, const media::AccessUnit& unit);

    channel::Frames frames_;
    Changes changes_;
    media::Track opened_;                 ///< the picture that the movie's header knows
    std::vector<std::uint8_t> new_sets_;  ///< parameter sets for the next key frame, or empty
    media::UnitReader reader_;
    Lane lanes_[2];
    std::vector<std::uint8_t> head_;
    std::uint32_t sequence_ = 0;
    bool begun_ = false;
};

}  // namespace sluice::hook
