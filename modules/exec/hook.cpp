#include "hook.hpp"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <system_error>

#include "conf.hpp"
#include "hook_table.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

using hook::State;

constexpr std::int64_t kFirstSignMs = 20'000;
// Its first key frames may be far apart.
constexpr std::int64_t kFirstSignOfKeysMs = 120'000;
constexpr std::int64_t kTellOfLagEveryMs = 10'000;
constexpr std::int64_t kTryAgainMs = 1'000;
constexpr std::int64_t kMeasureEveryMs = 2'000;
constexpr std::int64_t kDrainMs = 5'000;
// A stream whose headers change all the time is not worth a process each time.
constexpr std::int64_t kChangesApartMs = 5'000;

double random_fraction()
{
    return static_cast<double>(ngx_random()) / (static_cast<double>(RAND_MAX) + 1);
}

std::int64_t stall_ms()
{
    return static_cast<std::int64_t>(exec_conf().stall);
}

}  // namespace

Hook::Hook(const channel::Hook& settings, HookHost& host)
    : settings_(settings),
      host_(&host),
      channel_(host.channel()),
      watchdog_(stall_ms(), kFirstSignMs),
      renditions_(settings.outputs.size())
{
    facts_.exit_code = -1;
    hook::put_text(facts_.channel, channel_);
    hook::put_text(facts_.name, settings.name);
    facts_.cpu_units = settings.cpu_units;
    facts_.memory_mb = settings.memory_mb;
    forget_picture();  // of a worker that was killed
    claim_record();
    set_state(State::queued, "new");
    tick(mono_ms());
}

void Hook::claim_record()
{
    const auto& table = hook_table();
    const auto self = worker()->self;
    record_ = settings_.pulls() ? table.claim_sole(self, channel_, settings_.name)
                                : table.claim(self, channel_, settings_.name);
}

/// A picture of one stream is none of the next one, and an old one none of now.
void Hook::forget_picture()
{
    std::error_code ignored;
    if (!settings_.folder.empty())
        std::filesystem::remove(settings_.folder + '/' + channel::kSnapshotName, ignored);
}

Hook::~Hook()
{
    forget_picture();
    if (record_ != nullptr) hook::Table::release(*record_);
}

void Hook::tick(std::int64_t now_ms)
{
    if (process_) {
        look_at_process(now_ms);
    } else if (!ending_ && now_ms >= next_start_ms_) {
        start(now_ms);
    }
    count_work();
    write_record();
}

void Hook::stream_moved()
{
    if (process_ && !ending_ && !process_->ended()) keep_fed();
}

void Hook::headers_changed()
{
    if (process_ || ending_ || std::string_view(facts_.reason) != "no_picture") return;
    next_start_ms_ = 0;
    tick(mono_ms());
}

/// Which outputs are made of the picture as it is now. Why it can't be started, or nothing.
std::string_view Hook::choose_outputs()
{
    outputs_.clear();
    auto* stream = host_->stream_for(settings_.feed);
    if (settings_.feed != channel::Feed::none && stream == nullptr) return "no_stream";
    const auto picture =
        stream != nullptr ? hub::picture_of(worker()->zone, *stream) : codec::VideoDescription{};
    if (settings_.needs_picture() && picture.width == 0) return "no_picture";
    for (std::size_t i = 0; i < settings_.outputs.size(); ++i) {
        if (settings_.outputs[i].is_made_of(picture.width, picture.height)) outputs_.push_back(i);
    }
    drop_what_is_not_made();
    return outputs_.empty() && !settings_.outputs.empty() ? "larger_than_input" : "";
}

bool Hook::may_start()
{
    if (record_ == nullptr) claim_record();
    if (record_ == nullptr) return false;  // sluice_exec_processes are running, or another worker's
    if (const auto why = choose_outputs(); !why.empty()) {
        set_state(State::waiting, why);
        return false;
    }
    if (hook_table().reserve(*record_, settings_.cpu_units, settings_.memory_mb)) return true;
    if (facts_.state != State::queued || std::string_view(facts_.reason) != "budget")
        raise("hook.queued", channel_, {{"hook", settings_.name}});
    set_state(State::queued, "budget");
    return false;
}

void Hook::start(std::int64_t now_ms)
{
    next_start_ms_ = now_ms + kTryAgainMs;
    if (!may_start()) return;
    const bool keys = settings_.frames == channel::Frames::key;
    watchdog_ = hook::Watchdog(stall_ms(), keys ? kFirstSignOfKeysMs : kFirstSignMs);
    killed_for_ = {};
    again_ = false;
    renditions_.assign(settings_.outputs.size(), nullptr);
    prepare_place();
    counted_ = {};
    returned_bytes_ = returned_frames_ = 0;
    work_seen_ = 0;
    ++facts_.starts;
    hook_table().header().starts.fetch_add(1);
    facts_.next_start_ms = 0;
    facts_.line[0] = 0;
    ended_ms_.reset();
    closed_ms_.reset();
    set_state(State::starting);
    process_ = std::make_unique<HookProcess>(
        HookProcess::Wiring{.channel = channel_,
                            .hook = &settings_,
                            .feed = host_->stream_for(settings_.feed),
                            .outputs = outputs_},
        *this, [this](std::size_t output, const auto& message, const auto& moment) {
            take(output, message, moment);
        });
    keep_worker();
}

/// What has to be there before its process begins.
void Hook::prepare_place()
{
    std::error_code ignored;  // what is missing then, the process says
    if (!settings_.folder.empty()) std::filesystem::create_directories(settings_.folder, ignored);
}

/// Renditions of an earlier picture, too large for this one.
void Hook::drop_what_is_not_made()
{
    for (std::size_t i = 0; i < settings_.outputs.size(); ++i) {
        const bool made = std::ranges::find(outputs_, i) != outputs_.end();
        if (!made) host_->drop_rendition(settings_.outputs[i].name);
    }
}

void Hook::reported(const hook::Report& report)
{
    if (const auto* started = std::get_if<hook::Started>(&report)) {
        facts_.pid = started->pid;
    } else if (const auto* progress = std::get_if<hook::Progress>(&report)) {
        facts_.fps = static_cast<float>(progress->fps);
        facts_.speed = static_cast<float>(progress->speed);
        facts_.frames = progress->frame;
        watchdog_.heard();
        if (facts_.state == State::starting) set_state(State::running);
    } else if (const auto* usage = std::get_if<hook::Usage>(&report)) {
        const auto now = mono_ms();
        const auto cpu = cpu_before_ms_ + usage->cpu_ms;
        facts_.rss_bytes = usage->rss_bytes;
        if (now - measured_ms_ < kMeasureEveryMs) return;
        const auto spent = measured_ms_ == 0 || cpu < facts_.cpu_ms ? 0 : cpu - facts_.cpu_ms;
        facts_.cpu_permille =
            static_cast<std::uint32_t>(static_cast<std::int64_t>(spent) * 1000 /
                                       std::max<std::int64_t>(now - measured_ms_, 1));
        facts_.cpu_ms = cpu;
        measured_ms_ = now;
    } else if (const auto* line = std::get_if<hook::Line>(&report)) {
        hook::put_text(facts_.line, line->text);
    } else if (const auto* event = std::get_if<hook::Event>(&report)) {
        raise_json(hook::event_text(*event, channel_, settings_.name, wall_ms()));
    }
}

void Hook::take(std::size_t output, const ingest::Message& message, const hook::Moment& moment)
{
    if (!settings_.progress || settings_.feed == channel::Feed::none) watchdog_.heard();
    if (facts_.state == State::starting && !moment.header) set_state(State::running);
    const auto& name = settings_.outputs.at(output).name;
    if (name.empty()) {
        if (host_ != nullptr) host_->take_programme(message, moment);
        return;
    }
    auto& rendition = renditions_.at(output);
    if (!rendition) {
        if (host_ == nullptr) return;
        rendition = host_->rendition(name);
        rendition->begin_anew();
    }
    rendition->take(message, moment);
}

void Hook::look_at_process(std::int64_t now_ms)
{
    process_->insist(now_ms);
    const auto& returns = process_->returns();
    const bool drained = std::ranges::none_of(
        returns, [](const auto& pipe) { return pipe->state() == ReturnPipe::State::open; });
    if (process_->ended() && !ended_ms_) ended_ms_ = now_ms;
    // What a stray descendant still holds open is not waited for.
    const bool long_ago = ended_ms_ && now_ms - *ended_ms_ >= kDrainMs;
    if (process_->ended() && (drained || long_ago)) return process_ended(now_ms);
    if (process_->ended() || ending_) return;
    if (killed_for_.empty()) {
        note_garbage();
        if (!killed_for_.empty()) return process_->kill();
    }
    keep_fed();
    if (process_ && killed_for_.empty()) watch_over(now_ms);
}

/// What a process gives back may be nothing that can be read: then it ends with its pipe.
void Hook::note_garbage()
{
    for (const auto& pipe : process_->returns()) {
        if (pipe->state() != ReturnPipe::State::garbage) continue;
        killed_for_ = "garbage";
        complaint_ = pipe->complaint();
        return;
    }
}

/// Follows the stream to where it is now, and ends the process's input with it.
void Hook::keep_fed()
{
    auto* feeder = process_->feeder();
    if (feeder == nullptr) return;
    auto* stream = host_ != nullptr ? host_->stream_for(settings_.feed) : nullptr;
    if (stream != nullptr) feeder->follow(*stream);
    feeder->pump();
    if (feeder->state() == Feeder::State::changed) restart_soon();
    if (feeder->state() == Feeder::State::ended) feeder->close();
}

/// With other headers of the stream, which can't be told to a running process.
void Hook::restart_soon()
{
    if (again_) return;
    again_ = true;
    process_->end();
}

void Hook::watch_over(std::int64_t now_ms)
{
    const auto* feeder = process_->feeder();
    if (feeder == nullptr) {
        watchdog_.asked(now_ms);
    } else if (feeder->blocked() || feeder->counts().frames != work_seen_) {
        work_seen_ = feeder->counts().frames;
        // Of a program that neither reports nor gives anything back, reading is all there is to
        // see.
        const bool reads_only = !settings_.progress && settings_.outputs.empty();
        if (feeder->blocked() || !reads_only) {
            watchdog_.asked(now_ms);
        } else {
            watchdog_.heard();
            if (facts_.state == State::starting) set_state(State::running);
        }
    }
    const auto& returns = process_->returns();
    const bool closed = std::ranges::any_of(
        returns, [](const auto& pipe) { return pipe->state() == ReturnPipe::State::ended; });
    if (!closed) closed_ms_.reset();
    if (closed && !closed_ms_) closed_ms_ = now_ms;
    if (closed && now_ms - *closed_ms_ >= kDrainMs) {
        killed_for_ = "output_closed";
        return process_->kill();
    }
    if (!watchdog_.stalled(now_ms)) return;
    killed_for_ = "stalled";
    process_->kill();
}

void Hook::process_ended(std::int64_t now_ms)
{
    const auto ended = *process_->ended();
    if (killed_for_.empty()) note_garbage();
    const auto ran_ms = now_ms - process_->started_ms();
    const bool fed_to_the_end =
        process_->feeder() != nullptr && process_->feeder()->state() == Feeder::State::ended;
    count_work();
    process_.reset();
    cpu_before_ms_ += ended.cpu_ms;
    facts_.cpu_ms = cpu_before_ms_;
    facts_.pid = 0;
    facts_.fps = facts_.speed = 0;
    facts_.cpu_permille = 0;
    facts_.rss_bytes = 0;
    if (record_ != nullptr) hook::Table::give_back(*record_);
    if (host_ != nullptr && settings_.makes_programme()) host_->programme_lost(ending_);
    if (ending_) return;
    facts_.exit_signal = ended.signal;
    facts_.exit_code = ended.signal != 0 ? -1 : ended.code;
    if (again_) {
        const bool often = now_ms - changed_ms_ < kChangesApartMs;
        changed_ms_ = now_ms;
        next_start_ms_ = often ? now_ms + kChangesApartMs : now_ms;
        set_state(State::waiting, "stream_changed");
        return tick(now_ms);
    }
    if (!ended.line.empty()) hook::put_text(facts_.line, ended.line);
    if (killed_for_ == "garbage") hook::put_text(facts_.line, complaint_);
    const auto reason = killed_for_.empty() ? name_of(ended.reason) : killed_for_;
    const bool gave_up = restarts_.given_up();
    const auto wait = restarts_.after_end(ran_ms, random_fraction());
    next_start_ms_ = now_ms + wait;
    facts_.next_start_ms = wall_ms() + wait;
    facts_.failures = restarts_.failures();
    if (facts_.failures > 1) forget_picture();  // it takes longer now until there is a new one
    if (!fed_to_the_end) hook_table().header().failures.fetch_add(1);
    set_state(restarts_.given_up() ? State::failing : State::waiting, reason);
    tell_of_end(ended, reason);
    if (!gave_up && restarts_.given_up())
        raise("hook.gave_up", channel_, {{"hook", settings_.name}, {"reason", reason}});
}

void Hook::tell_of_end(const hook::Ended& ended, std::string_view reason)
{
    ngx_log_error(NGX_LOG_WARN, ngx_cycle->log, 0,
                  "sluice exec: \"%s\": %s ended: %*s, code %d, signal %d: %s", channel_.c_str(),
                  settings_.name.c_str(), reason.size(), reason.data(), ended.code, ended.signal,
                  facts_.line);
    raise("hook.ended", channel_,
          {{"hook", settings_.name},
           {"reason", reason},
           {"exit_code", static_cast<std::int64_t>(facts_.exit_code)},
           {"exit_signal", static_cast<std::int64_t>(facts_.exit_signal)},
           {"line", std::string_view(facts_.line)},
           {"failures", static_cast<std::int64_t>(facts_.failures)}});
}

void Hook::call(const std::string& name)
{
    settings_.name = name;
    hook::put_text(facts_.name, name);
    write_record();
}

void Hook::end()
{
    if (ending_) return;
    ending_ = true;
    set_state(State::ending);
    if (process_) process_->end();
    write_record();
}

void Hook::kill()
{
    if (process_) process_->kill();
}

void Hook::set_state(State state, std::string_view reason)
{
    if (facts_.state == state && std::string_view(facts_.reason) == reason && facts_.since_ms != 0)
        return;
    const bool ran = facts_.state == State::running;
    facts_.state = state;
    facts_.since_ms = wall_ms();
    facts_.outputs = static_cast<std::uint32_t>(outputs_.size());
    hook::put_text(facts_.reason, reason);
    if (state == State::running && !ran)
        raise("hook.started", channel_, {{"hook", settings_.name}});
    write_record();
}

/// Adds what this life of the process did since the last look.
void Hook::count_work()
{
    if (!process_) return;
    if (const auto* feeder = process_->feeder()) {
        const auto now = feeder->counts();
        facts_.fed_bytes += now.bytes - counted_.bytes;
        facts_.fed_frames += now.frames - counted_.frames;
        facts_.skips += now.skips - counted_.skips;
        facts_.skipped_ms += now.skipped_ms - counted_.skipped_ms;
        hook_table().header().skips.fetch_add(now.skips - counted_.skips);
        const auto now_ms = mono_ms();
        if (now.skips != counted_.skips && now_ms - told_of_lag_ms_ >= kTellOfLagEveryMs) {
            told_of_lag_ms_ = now_ms;
            raise("hook.lagging", channel_,
                  {{"hook", settings_.name},
                   {"skipped_ms", static_cast<std::int64_t>(facts_.skipped_ms)}});
        }
        counted_ = now;
    }
    std::uint64_t bytes = 0;
    std::uint64_t frames = 0;
    for (const auto& pipe : process_->returns()) {
        bytes += pipe->bytes();
        frames += pipe->frames();
    }
    facts_.returned_bytes += bytes - returned_bytes_;
    facts_.returned_frames += frames - returned_frames_;
    returned_bytes_ = bytes;
    returned_frames_ = frames;
}

void Hook::write_record()
{
    if (record_ == nullptr) return;
    hub::seq_write(record_->lock, [&] { record_->facts = facts_; });
}

}  // namespace sluice::ngx
