#include "decoder.hpp"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "child.hpp"

namespace sluice::motion {
namespace {

using process::Pipe;

constexpr std::size_t kEdge = 160;  // pixels of a small picture's longer edge
constexpr std::size_t kMostWaiting = 4u << 20;
constexpr int kTimes = 3;

Decoder::Size small_size(const media::Track& track)
{
    const auto width = std::max<std::size_t>(track.width, 1);
    const auto height = std::max<std::size_t>(track.height, 1);
    const auto longer = std::max(width, height);
    return {std::max<std::size_t>(width * kEdge / longer, 2),
            std::max<std::size_t>(height * kEdge / longer, 2)};
}

/// framecrc's lines tell the time of each picture: a frame comes out of both ends or of none.
std::vector<std::string> arguments(const std::string& ffmpeg, std::int64_t interval_ms,
                                   Decoder::Size size)
{
    const auto apart = std::to_string(interval_ms / 2 - 1) + "/1000";
    const auto filters =
        "[0:v:0]select='isnan(prev_selected_t)+lt(t,prev_selected_t)+gte(t-"
        "prev_selected_t," +
        apart + ")',scale=" + std::to_string(size.width) + ":" + std::to_string(size.height) +
        ":flags=area,format=gray,split[a][b]";
    return {ffmpeg, "-nostdin", "-hide_banner", "-loglevel", "error", "-copyts",
            // Of a frame that can't wait for others nothing may be kept for long.
            "-threads", "1", "-analyzeduration", "1", "-probesize", "32", "-f", "mp4", "-i",
            "pipe:0", "-filter_complex", filters, "-map", "[a]", "-fps_mode", "passthrough", "-c:v",
            "rawvideo", "-flush_packets", "1", "-f", "rawvideo", "pipe:1", "-map", "[b]",
            "-fps_mode", "passthrough", "-enc_time_base", "1:1000", "-c:v", "rawvideo",
            "-flush_packets", "1", "-f", "framecrc", "pipe:" + std::to_string(kTimes)};
}

/// The presentation time of "0,  80,  80,  40,  14400, 0xdab51f99".
std::optional<std::int64_t> time_of(std::string_view line)
{
    if (line.empty() || line.front() == '#') return std::nullopt;
    for (int field = 0; field < 2; ++field) {
        const auto comma = line.find(',');
        if (comma == line.npos) return std::nullopt;
        line.remove_prefix(comma + 1);
    }
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    std::int64_t time = 0;
    if (std::from_chars(line.data(), line.data() + line.size(), time).ec != std::errc())
        return std::nullopt;
    return time;
}

/// Calls `take` with a block of what is there to be read.
template <class Take>
void read_all(Pipe& pipe, Take take)
{
    static std::array<std::uint8_t, 64 * 1024> block;
    while (pipe.end(Pipe::reading) >= 0) {
        const auto got = read(pipe.end(Pipe::reading), block.data(), block.size());
        if (got < 0 && errno == EINTR) continue;
        if (got < 0) return;
        if (got == 0) return pipe.close(Pipe::reading);
        take(std::span(block).first(static_cast<std::size_t>(got)));
    }
}

}  // namespace

Decoder::Decoder(const Tracks& tracks, Size size) : tracks_(tracks), size_(size)
{
    waiting_.push_back(header_of(tracks, 1));
    waiting_bytes_ = waiting_.front().size();
}

tl::expected<std::unique_ptr<Decoder>, std::string> Decoder::start(const std::string& ffmpeg,
                                                                   std::int64_t interval_ms,
                                                                   const Tracks& tracks)
{
    const auto size = small_size(tracks[0]);
    std::unique_ptr<Decoder> made(new Decoder(tracks, size));
    const auto process = start_child(arguments(ffmpeg, interval_ms, size),
                                     {{made->input_.end(Pipe::reading), STDIN_FILENO},
                                      {made->pictures_.end(Pipe::writing), STDOUT_FILENO},
                                      {made->times_.end(Pipe::writing), kTimes}});
    if (!process) return tl::unexpected(process.error());
    made->process_ = *process;
    made->input_.close(Pipe::reading);
    made->pictures_.close(Pipe::writing);
    made->times_.close(Pipe::writing);
    made->input_.never_wait(Pipe::writing);
    made->pictures_.never_wait(Pipe::reading);
    made->times_.never_wait(Pipe::reading);
    return made;
}

Decoder::~Decoder()
{
    kill();
}

void Decoder::give(const Unit& unit)
{
    if (input_ended_) return;
    auto& fragment = waiting_.emplace_back();
    append_fragment(tracks_, unit, 0, ++sequence_, fragment);
    waiting_bytes_ += fragment.size();
}

bool Decoder::full() const
{
    return waiting_bytes_ > kMostWaiting;
}

void Decoder::drop_waiting()
{
    while (waiting_.size() > 1) {
        waiting_bytes_ -= waiting_.back().size();
        waiting_.pop_back();
    }
}

void Decoder::end_input()
{
    input_ended_ = true;
    if (waiting_.empty()) input_.close(Pipe::writing);
}

bool Decoder::done() const
{
    return pictures_.end(Pipe::reading) < 0 && times_.end(Pipe::reading) < 0;
}

void Decoder::kill()
{
    if (process_ > 0) ::kill(process_, SIGKILL);
}

void Decoder::sources(std::span<pollfd, kSources> out) const
{
    out[0] = {waiting_.empty() ? -1 : input_.end(Pipe::writing), POLLOUT, 0};
    out[1] = {pictures_.end(Pipe::reading), POLLIN, 0};
    out[2] = {times_.end(Pipe::reading), POLLIN, 0};
}

void Decoder::work(const Take& take)
{
    write_waiting();
    read_pictures();
    read_times();
    const auto size = size_.width * size_.height;
    while (!shown_ms_.empty() && pixels_.size() >= size) {
        take(shown_ms_.front(), std::span(pixels_).first(size));
        shown_ms_.pop_front();
        pixels_.erase(pixels_.begin(), pixels_.begin() + static_cast<std::ptrdiff_t>(size));
    }
}

void Decoder::write_waiting()
{
    while (!waiting_.empty() && input_.end(Pipe::writing) >= 0) {
        const auto& first = waiting_.front();
        const auto written =
            write(input_.end(Pipe::writing), first.data() + written_, first.size() - written_);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0 && errno == EAGAIN) return;
        if (written < 0) {
            // It died, of which we hear when it is reaped.
            input_.close(Pipe::writing);
            return;
        }
        written_ += static_cast<std::size_t>(written);
        if (written_ < first.size()) return;
        waiting_bytes_ -= first.size();
        written_ = 0;
        waiting_.pop_front();
    }
    if (input_ended_) input_.close(Pipe::writing);
}

void Decoder::read_pictures()
{
    read_all(pictures_, [&](std::span<const std::uint8_t> bytes) {
        pixels_.insert(pixels_.end(), bytes.begin(), bytes.end());
    });
}

void Decoder::read_times()
{
    read_all(times_, [&](std::span<const std::uint8_t> bytes) {
        lines_.add({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                   [&](std::string_view line, bool) {
                       if (const auto time = time_of(line)) shown_ms_.push_back(*time);
                   });
    });
}

}  // namespace sluice::motion
