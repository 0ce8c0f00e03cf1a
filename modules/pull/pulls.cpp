#include <map>
#include <memory>
#include <string>

#include "modules/common/guard.hpp"
#include "modules/exec/hook_set.hpp"
#include "modules/hub/worker.hpp"
#include "pulled_channel.hpp"

namespace sluice::ngx {
namespace {

/// Never destroyed: a process that exits has no hub any more to give anything back to.
std::map<std::string, std::unique_ptr<PulledChannel>>& pulled()
{
    static auto& all = *new std::map<std::string, std::unique_ptr<PulledChannel>>;
    return all;
}

/// Channels of the snapshot that are not known yet.
void find_new()
{
    static std::uint64_t looked_at = 0;
    if (channels() == nullptr || ngx_exiting || !runs_hooks()) return;
    if (looked_at == channels()->generation()) return;
    const auto ids = channels()->pulled();
    if (!ids) return;
    looked_at = channels()->generation();
    for (const auto& id : *ids) {
        auto& channel = pulled()[id];
        if (!channel) channel = std::make_unique<PulledChannel>(id);
    }
}

void tick(std::int64_t now_ms)
{
    find_new();
    for (auto& [id, channel] : pulled()) channel->tick(now_ms);
    std::erase_if(pulled(), [](const auto& entry) {
        return entry.second->over() || (ngx_exiting && !entry.second->at_work());
    });
}

bool busy()
{
    for (const auto& [id, channel] : pulled()) {
        if (channel->at_work()) return true;
    }
    return false;
}

ngx_int_t init_process(ngx_cycle_t*) noexcept
{
    if (ngx_process != NGX_PROCESS_WORKER && ngx_process != NGX_PROCESS_SINGLE) return NGX_OK;
    add_listener({.tick = tick,
                  .snapshot_changed = [] { tick(mono_ms()); },
                  .busy = busy,
                  .hand_over =
                      [] {
                          for (auto& [id, channel] : pulled()) channel->hand_over();
                      }});
    return NGX_OK;
}

ngx_core_module_t context = {ngx_string("sluice_pull"), nullptr, nullptr};
ngx_command_t commands[] = {ngx_null_command};

}  // namespace
}  // namespace sluice::ngx

// clang-format off
ngx_module_t ngx_sluice_pull_module = {
    NGX_MODULE_V1,
    &sluice::ngx::context,
    sluice::ngx::commands,
    NGX_CORE_MODULE,
    nullptr,                   // init master
    nullptr,                   // init module
    sluice::ngx::init_process,
    nullptr,                   // init thread
    nullptr,                   // exit thread
    nullptr,                   // exit process
    nullptr,                   // exit master
    NGX_MODULE_V1_PADDING
};
// clang-format on
