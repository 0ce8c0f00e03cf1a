#pragma once

#include <poll.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>
#include <vector>

#include "clip.hpp"
#include "core/hook/lines.hpp"
#include "core/process/pipe.hpp"

namespace sluice::motion {

/// FFmpeg that makes small gray pictures of frames, at least half an interval apart, and tells the
/// time of each on another pipe. Never holds us up.
class Decoder {
public:
    struct Size {
        std::size_t width = 0;
        std::size_t height = 0;
    };
    using Take = std::function<void(std::int64_t at_ms, std::span<const std::uint8_t> picture)>;

    static tl::expected<std::unique_ptr<Decoder>, std::string> start(const std::string& ffmpeg,
                                                                     std::int64_t interval_ms,
                                                                     const Tracks& tracks);
    /// Kills what still runs; whoever reaps our children reaps it.
    ~Decoder();
    Decoder(const Decoder&) = delete;
    Decoder& operator=(const Decoder&) = delete;

    Size size() const { return size_; }
    pid_t process() const { return process_; }

    /// Waits in memory until it is taken.
    void give(const Unit& unit);
    /// More waits than it ever should.
    bool full() const;
    /// Forgets what it did not begin to take; it goes on with a key frame.
    void drop_waiting();
    /// Nothing follows.
    void end_input();
    bool input_ended() const { return input_ended_; }
    /// Nothing comes any more.
    bool done() const;
    /// It was reaped.
    void reaped() { process_ = 0; }
    void kill();

    /// What to wait for: room in its input, frames, times.
    static constexpr std::size_t kSources = 3;
    void sources(std::span<pollfd, kSources> out) const;
    /// Writes and reads what is possible now.
    void work(const Take& take);

private:
    Decoder(const Tracks& tracks, Size size);

    void write_waiting();
    void read_pictures();
    void read_times();

    Tracks tracks_;
    Size size_;
    pid_t process_ = 0;
    process::Pipe input_;
    process::Pipe pictures_;
    process::Pipe times_;
    std::deque<std::vector<std::uint8_t>> waiting_;
    std::size_t waiting_bytes_ = 0;
    std::size_t written_ = 0;  ///< of the first that waits
    std::uint32_t sequence_ = 0;
    bool input_ended_ = false;
    std::vector<std::uint8_t> pixels_;
    std::deque<std::int64_t> shown_ms_;
    hook::Lines lines_{256};
};

}  // namespace sluice::motion
