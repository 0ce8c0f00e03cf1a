#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "hook.hpp"

namespace sluice::ngx {

/// The hooks of one stream that is on air from this worker.
class HookSet {
public:
    /// Which of a channel's hooks are run.
    enum class Runs : std::uint8_t { beside, pull };

    HookSet(HookHost& host, Runs runs) : host_(host), runs_(runs) {}
    HookSet(const HookSet&) = delete;
    HookSet& operator=(const HookSet&) = delete;
    ~HookSet() { end(); }

    /// Starts, changes and ends what is different; then gives each its turn. A hook whose settings
    /// changed begins when the process of the old one is gone: what it writes to may bear only one.
    void apply(const std::vector<channel::Hook>& hooks);

    /// Whether one of them is at work, or could be: has its place.
    bool has_place() const;

    /// What is fed from comes from another stream of the hub now.
    void stream_moved();

    /// The stream has new headers.
    void headers_changed();

    /// The stream is over: each may finish what it has, beside whatever comes.
    void end();

private:
    struct Retired {
        std::unique_ptr<Hook> hook;
        std::int64_t kill_at_ms = 0;
    };

    void rename(const std::vector<channel::Hook>& hooks);
    void retire(std::unique_ptr<Hook> hook, std::int64_t now_ms);
    bool is_retiring(const std::string& name) const;

    HookHost& host_;
    Runs runs_;
    std::vector<std::unique_ptr<Hook>> hooks_;
    std::vector<Retired> retired_;
};

/// Whether hooks run at all here: sluice_exec_program says with what.
bool runs_hooks();

/// Looks after hooks whose stream is over, twice a second.
void tend_leaving_hooks(std::int64_t now_ms);
bool has_leaving_hooks();

}  // namespace sluice::ngx
