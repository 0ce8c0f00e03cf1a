#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/channel/hook.hpp"
#include "core/hook/restarts.hpp"
#include "core/hook/table.hpp"
#include "core/hook/watchdog.hpp"
#include "hook_host.hpp"
#include "hook_process.hpp"
#include "rendition.hpp"

namespace sluice::ngx {

/// A hook of a stream, over all lives of its process: starts it, feeds it, takes what it gives
/// back, notices when it is stuck, and starts it again.
class Hook final : public HookProcess::Listener {
public:
    /// `host` must outlive it, unless it is told by leave_host(). Of those that pull the same
    /// channel, in all workers, one is at work.
    Hook(const channel::Hook& settings, HookHost& host);
    Hook(const Hook&) = delete;
    Hook& operator=(const Hook&) = delete;
    ~Hook();

    /// To be called twice a second.
    void tick(std::int64_t now_ms);

    /// What it is fed with comes from another stream of the hub now.
    void stream_moved();

    /// The stream has headers by now: who waited for them need not wait for the next tick.
    void headers_changed();

    /// No more: the process may finish what it has, for some seconds.
    void end();
    void kill();
    /// The stream is over: nothing of the host may be used any more.
    void leave_host() { host_ = nullptr; }
    /// Ended, and its process is gone.
    bool over() const { return ending_ && !process_; }

    /// Has another name from now on, and is the same otherwise. Its log keeps its own until the
    /// next start.
    void call(const std::string& name);

    const channel::Hook& settings() const { return settings_; }
    /// Has a place among the hooks of all workers.
    bool has_place() const { return record_ != nullptr; }

private:
    void reported(const hook::Report& report) override;
    void claim_record();
    void prepare_place();
    void forget_picture();
    void drop_what_is_not_made();
    void start(std::int64_t now_ms);
    bool may_start();
    std::string_view choose_outputs();
    void look_at_process(std::int64_t now_ms);
    void note_garbage();
    void keep_fed();
    void watch_over(std::int64_t now_ms);
    void restart_soon();
    void process_ended(std::int64_t now_ms);
    void take(std::size_t output, const ingest::Message& message, const hook::Moment& moment);
    void set_state(hook::State state, std::string_view reason = {});
    void count_work();
    void write_record();
    void tell_of_end(const hook::Ended& ended, std::string_view reason);

    channel::Hook settings_;
    HookHost* host_;
    std::string channel_;
    hook::Record* record_ = nullptr;
    hook::Facts facts_{};
    hook::Restarts restarts_;
    hook::Watchdog watchdog_;
    std::unique_ptr<HookProcess> process_;
    std::vector<std::size_t> outputs_;                    ///< that are made
    std::vector<std::shared_ptr<Rendition>> renditions_;  ///< as Hook::outputs; nullptr: none yet
    std::string complaint_;                               ///< what is wrong with what came back
    std::string_view killed_for_;  ///< why we ended the process ourselves; empty: we did not
    bool again_ = false;           ///< it is to be started at once when it is gone
    bool ending_ = false;
    std::int64_t next_start_ms_ = 0;   ///< monotonic
    std::uint64_t cpu_before_ms_ = 0;  ///< of earlier lives
    std::int64_t measured_ms_ = 0;
    std::uint64_t work_seen_ = 0;
    Feeder::Counts counted_;  ///< of this life, as far as it is in the facts
    std::uint64_t returned_bytes_ = 0, returned_frames_ = 0;
    std::int64_t told_of_lag_ms_ = 0;
    std::int64_t changed_ms_ = 0;              ///< the stream had other headers
    std::optional<std::int64_t> ended_ms_{};   ///< the process is gone since
    std::optional<std::int64_t> closed_ms_{};  ///< it closed what it should write to
};

}  // namespace sluice::ngx
