#include "hook_set.hpp"

#include <algorithm>

#include "conf.hpp"

namespace sluice::ngx {
namespace {

// Whoever changes something wants to see it soon.
constexpr std::int64_t kMayFinishMs = 700;
// sluice-exec ends its program by then; longer than that only a lost one lasts.
constexpr std::int64_t kGoneAfterMs = 15'000;

struct Leaving {
    std::unique_ptr<Hook> hook;
    std::int64_t until_ms = 0;
};

/// Never destroyed: a process that exits has no hub any more to give anything back to. What is left
/// then ends with the sockets.
std::vector<Leaving>& leaving()
{
    static auto& all = *new std::vector<Leaving>;
    return all;
}

}  // namespace

bool runs_hooks()
{
    return exec_conf().program.len != 0;
}

void HookSet::retire(std::unique_ptr<Hook> hook, std::int64_t now_ms)
{
    hook->end();
    if (!hook->over()) retired_.push_back({std::move(hook), now_ms + kMayFinishMs});
}

bool HookSet::is_retiring(const std::string& name) const
{
    return std::ranges::any_of(
        retired_, [&](const Retired& retired) { return retired.hook->settings().name == name; });
}

/// Relays are named by their places: when one comes or goes, the others go on under other names.
void HookSet::rename(const std::vector<channel::Hook>& hooks)
{
    for (auto& hook : hooks_) {
        const auto goes_on = [&](channel::Hook wanted) {
            wanted.name = hook->settings().name;
            return wanted == hook->settings();
        };
        if (std::ranges::find(hooks, hook->settings()) != hooks.end()) continue;
        const auto found = std::ranges::find_if(hooks, goes_on);
        if (found != hooks.end()) hook->call(found->name);
    }
}

void HookSet::apply(const std::vector<channel::Hook>& hooks)
{
    const auto now = mono_ms();
    rename(hooks);
    for (auto& hook : hooks_) {
        const bool same = std::ranges::find(hooks, hook->settings()) != hooks.end() && runs_hooks();
        if (!same) retire(std::move(hook), now);
    }
    std::erase(hooks_, nullptr);
    for (auto& retired : retired_) {
        retired.hook->tick(now);
        if (now >= retired.kill_at_ms) retired.hook->kill();
    }
    std::erase_if(retired_, [](const Retired& retired) { return retired.hook->over(); });
    for (auto& hook : hooks_) hook->tick(now);
    if (!runs_hooks()) return;
    for (const auto& wanted : hooks) {
        const bool ours = wanted.pulls() == (runs_ == Runs::pull);
        const bool there =
            !ours || is_retiring(wanted.name) || std::ranges::any_of(hooks_, [&](const auto& hook) {
                return hook->settings().name == wanted.name;
            });
        if (!there) hooks_.push_back(std::make_unique<Hook>(wanted, host_));
    }
}

void HookSet::stream_moved()
{
    for (const auto& hook : hooks_) hook->stream_moved();
}

void HookSet::headers_changed()
{
    for (const auto& hook : hooks_) hook->headers_changed();
}

bool HookSet::has_place() const
{
    return std::ranges::any_of(hooks_, [](const auto& hook) { return hook->has_place(); });
}

void HookSet::end()
{
    const auto until = mono_ms() + kGoneAfterMs;
    for (auto& retired : retired_) hooks_.push_back(std::move(retired.hook));
    retired_.clear();
    for (auto& hook : hooks_) {
        hook->end();
        hook->leave_host();
        if (!hook->over()) leaving().push_back({std::move(hook), until});
    }
    hooks_.clear();
}

void tend_leaving_hooks(std::int64_t now_ms)
{
    for (auto& one : leaving()) one.hook->tick(now_ms);
    std::erase_if(leaving(),
                  [&](const Leaving& one) { return one.hook->over() || now_ms >= one.until_ms; });
}

bool has_leaving_hooks()
{
    return !leaving().empty();
}

}  // namespace sluice::ngx
