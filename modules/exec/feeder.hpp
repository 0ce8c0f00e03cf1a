#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/channel/hook.hpp"
#include "core/hook/feed.hpp"
#include "core/hub/reader.hpp"
#include "modules/common/descriptor.hpp"

namespace sluice::ngx {

/// Gives a stream to a process's standard input, as fragmented MP4. Never waits: what the process
/// does not take stays in the hub, and one that is late jumps to the newest key frame there.
class Feeder final : Descriptor::Owner {
public:
    struct Counts {
        std::uint64_t bytes = 0, frames = 0;
        std::uint64_t skips = 0, skipped_ms = 0;
    };
    enum class State : std::uint8_t {
        going,
        changed,  ///< the stream has other headers now: the process has to be started anew
        ended,    ///< the stream did
        closed,   ///< the process took its end of the pipe away
    };

    /// `fd`: the pipe, which is taken over.
    Feeder(int fd, hub::StreamRecord& stream, const channel::Hook& hook);
    Feeder(const Feeder&) = delete;
    Feeder& operator=(const Feeder&) = delete;
    ~Feeder();

    /// Gives all that there is.
    void pump();

    /// Goes on with a stream that carries the same frames, without a gap.
    void follow(hub::StreamRecord& stream);

    /// The end of the process's input.
    void close();

    /// Where it comes from now.
    const hub::StreamRecord& stream() const { return reader_.stream(); }
    State state() const { return state_; }
    /// The process has not taken what it was given.
    bool blocked() const { return blocked_; }
    const Counts& counts() const { return counts_; }

private:
    void ready(Descriptor& descriptor) override;
    void enlist();
    void leave();
    void want_wakes(hub::StreamRecord& stream, bool want) const;
    bool step();
    bool begin_late() const;
    bool take_over_next(std::int64_t dts_ms);
    void take_headers();
    bool take_next(const hub::Stretch& stretch);
    void give(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t dts_ms);
    void flush();
    void failed();
    void count_skip();

    Descriptor pipe_;
    hub::Reader reader_;
    std::optional<hub::Reader> next_;  ///< to go on with
    hook::Feed feed_;
    State state_ = State::going;
    bool blocked_ = false;
    bool gathered_;  ///< several frames in one piece, a moment later (gathering.hpp)
    std::vector<std::uint8_t> pending_;  ///< to be written, or what the pipe did not take of it
    std::vector<std::uint8_t> scratch_;  ///< a tag in one piece
    std::int64_t began_ms_;
    Counts counts_;
};

/// The hub has something new of this stream.
void feed_from(const hub::StreamRecord& stream);

}  // namespace sluice::ngx
