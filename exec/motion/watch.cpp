#include "watch.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "child.hpp"

namespace sluice::motion {
namespace {

constexpr int kWakeEveryMs = 1000;
constexpr std::int64_t kSecondMs = 1000;
/// A live stream begins with what its ring holds.
constexpr std::int64_t kBurstMs = 2000;
/// A stream that stood still so long is that much later than its times say.
constexpr std::int64_t kLateMs = 2000;

int signal_descriptor()
{
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGTERM);
    return signalfd(-1, &waited, SFD_NONBLOCK | SFD_CLOEXEC);
}

}  // namespace

Watch::Watch(const Options& options)
    : options_(options),
      workshop_(options.folder, options.ffmpeg, reports_),
      recorder_(options, reports_, workshop_),
      selection_(options.interval_ms),
      signals_(signal_descriptor())
{
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    workshop_.finish_what_was_left();
}

Watch::~Watch()
{
    close(signals_);
}

int Watch::run()
{
    while (input_open_ || !finished_ || !workshop_.idle()) {
        wait_for_something();
        if (decoder_) work_on_pictures();
        if (!input_open_ && !decoder_ && !finished_) {
            recorder_.finish();
            finished_ = true;
        }
        reports_.progress(frames_, media_ms(), mono_ms());
    }
    return status_;
}

void Watch::wait_for_something()
{
    const bool full = decoder_ && decoder_->full() && fed_faster_than_live();
    std::array<pollfd, 2 + Decoder::kSources> sources{
        pollfd{signals_, POLLIN, 0}, pollfd{input_open_ && !full ? STDIN_FILENO : -1, POLLIN, 0}};
    for (auto& source : std::span(sources).last<Decoder::kSources>()) source.fd = -1;
    if (decoder_) decoder_->sources(std::span(sources).last<Decoder::kSources>());
    if (!input_open_ && !decoder_ && !finished_) return;
    poll(sources.data(), sources.size(), kWakeEveryMs);
    if (sources[0].revents != 0) read_signals();
    if (sources[1].revents != 0 && input_open_) read_input();
}

void Watch::read_signals()
{
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == sizeof info) {
        if (info.ssi_signo != SIGTERM) continue;
        end_input(0);
        if (decoder_) decoder_->kill();
    }
    reap();
}

void Watch::reap()
{
    int status = 0;
    for (pid_t child = 0; (child = waitpid(-1, &status, WNOHANG)) > 0;) {
        if (!decoder_ || child != decoder_->process()) {
            workshop_.ended(child, status);
            continue;
        }
        decoder_->reaped();
        if (decoder_->input_ended()) continue;
        complain("the decoder " + ending_of(status));
        end_input(EX_SOFTWARE);
    }
}

void Watch::read_input()
{
    static std::array<std::uint8_t, 64u << 10> block;
    const auto got = read(STDIN_FILENO, block.data(), block.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) return;
    if (got <= 0) return end_input(0);
    const auto taken = demuxer_.take(std::span(block).first(static_cast<std::size_t>(got)), *this);
    if (taken) return;
    complain("what comes in can't be read: " + std::string(taken.error().where) + " at byte " +
             std::to_string(taken.error().offset));
    end_input(EX_DATAERR);
}

void Watch::end_input(int status)
{
    if (!input_open_) return;
    input_open_ = false;
    status_ = status;
    if (decoder_) decoder_->end_input();
}

void Watch::movie(std::span<const fmp4::MovieTrack> tracks)
{
    const fmp4::MovieTrack* found[2] = {};
    for (const auto& track : tracks) {
        auto& place = found[track.track.kind == media::Kind::video ? 0 : 1];
        if (track.known && place == nullptr) place = &track;
    }
    tracks_.clear();
    track_ids_[0] = track_ids_[1] = 0;
    decoder_.reset();
    if (found[0] == nullptr) {
        if (!said_no_picture_) complain("there is no picture in what comes in");
        said_no_picture_ = true;
        recorder_.finish();
        return;
    }
    for (std::size_t i = 0; i < 2; ++i) {
        if (found[i] == nullptr) continue;
        tracks_.push_back(found[i]->track);
        track_ids_[i] = found[i]->id;
    }
    recorder_.set_tracks(tracks_);
    start_decoder();
}

void Watch::start_decoder()
{
    auto started = Decoder::start(options_.ffmpeg, options_.interval_ms, tracks_);
    if (!started) {
        complain("FFmpeg can't be started: " + started.error());
        return end_input(EX_OSERR);
    }
    decoder_ = std::move(*started);
    detector_.emplace(decoder_->size().width, decoder_->size().height, options_.difference);
    selection_.wait_for_key();
    looked_ms_.reset();
}

void Watch::sample(const fmp4::DemuxedSample& sample)
{
    const auto* const id = std::ranges::find(track_ids_, sample.track_id);
    if (id == std::end(track_ids_)) return;
    const auto track = static_cast<std::uint32_t>(id - std::begin(track_ids_));
    const auto scale = std::int64_t{tracks_.at(track).timescale};
    const Unit unit{.track = track,
                    .dts = sample.dts,
                    .at_ms = sample.dts * kSecondMs / scale,
                    .composition = sample.composition,
                    .duration = sample.duration,
                    .sync = sample.sync,
                    .data = sample.data};
    const auto now = wall_ms();
    if (!first_ms_) {
        first_ms_ = unit.at_ms;
        began_ms_ = mono_ms();
        utc_offset_ms_ = now - unit.at_ms;
    }
    newest_ms_ = unit.at_ms;
    if (now - unit.at_ms > utc_offset_ms_ + kLateMs) utc_offset_ms_ = now - unit.at_ms;
    recorder_.take(unit, unit.at_ms + utc_offset_ms_);
    if (track == 0) decode(unit);
}

void Watch::decode(const Unit& unit)
{
    ++frames_;
    if (!decoder_) return;
    if (decoder_->full() && !fed_faster_than_live()) {
        if (!said_behind_) complain("decoding takes longer than the stream: frames are left out");
        said_behind_ = true;
        decoder_->drop_waiting();
        selection_.wait_for_key();
    }
    if (selection_.take(unit.sync, unit.at_ms)) decoder_->give(unit);
}

void Watch::work_on_pictures()
{
    decoder_->work([this](std::int64_t at_ms, std::span<const std::uint8_t> picture) {
        look(at_ms, picture);
    });
    if (input_open_ || !decoder_->done()) return;
    // What it took is counted as ours once it is reaped.
    if (decoder_->process() != 0) return decoder_->kill();
    decoder_.reset();
}

void Watch::look(std::int64_t at_ms, std::span<const std::uint8_t> picture)
{
    // FFmpeg gives two for each.
    const auto soonest = looked_ms_.value_or(at_ms) + options_.interval_ms * 3 / 4;
    if (looked_ms_ && at_ms >= *looked_ms_ && at_ms < soonest) return;
    looked_ms_ = at_ms;
    recorder_.looked(at_ms, detector_->look(picture));
}

/// Then we take what there is at the speed that we can; a live stream does not wait for us.
bool Watch::fed_faster_than_live() const
{
    return media_ms() > mono_ms() - began_ms_ + kBurstMs;
}

}  // namespace sluice::motion
