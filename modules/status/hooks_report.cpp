#include <cmath>

#include "core/hub/process.hpp"
#include "modules/exec/hook_table.hpp"
#include "modules/hub/worker.hpp"
#include "report.hpp"

namespace sluice::ngx {
namespace {

double rounded(float value)
{
    return std::round(static_cast<double>(value) * 100) / 100;
}

Json hook_json(const hook::Facts& facts, hub::ProcessId owner)
{
    const auto or_null = [](bool there, auto value) { return there ? Json(value) : Json(); };
    return {{"channel", facts.channel},
            {"name", facts.name},
            {"state", hook::kStateNames[static_cast<std::size_t>(facts.state)]},
            {"reason", facts.reason},
            {"since_ms", facts.since_ms},
            {"pid", or_null(facts.pid != 0, facts.pid)},
            {"worker_pid", hub::pid_of(owner)},
            {"starts", facts.starts},
            {"failures", facts.failures},
            {"next_start_ms", or_null(facts.next_start_ms != 0, facts.next_start_ms)},
            {"exit_code", or_null(facts.exit_code >= 0, facts.exit_code)},
            {"exit_signal", or_null(facts.exit_signal != 0, facts.exit_signal)},
            {"last_line", facts.line},
            {"fps", rounded(facts.fps)},
            {"speed", rounded(facts.speed)},
            {"frames", facts.frames},
            {"cpu_ms", facts.cpu_ms},
            {"cpu_percent", static_cast<double>(facts.cpu_permille) / 10},
            {"memory_bytes", facts.rss_bytes},
            {"cpu_units", facts.cpu_units},
            {"memory_mb", facts.memory_mb},
            {"outputs", facts.outputs},
            {"fed", {{"bytes", facts.fed_bytes}, {"frames", facts.fed_frames}}},
            {"skips", {{"count", facts.skips}, {"ms", facts.skipped_ms}}},
            {"returned", {{"bytes", facts.returned_bytes}, {"frames", facts.returned_frames}}}};
}

}  // namespace

Json report_hooks(std::string_view channel)
{
    Json hooks = Json::array();
    hook_table().each([&](const hook::Facts& facts, hub::ProcessId owner) {
        if (channel.empty() || channel == facts.channel) hooks.push_back(hook_json(facts, owner));
    });
    const auto taken = hook_table().taken();
    const auto budget = hook_table().budget();
    return {{"boot", boot_text()},
            {"now_ms", wall_ms()},
            {"budget",
             {{"cpu_units", budget.cpu_units},
              {"memory_mb", budget.memory_mb},
              {"cpu_units_taken", taken.cpu_units},
              {"memory_mb_taken", taken.memory_mb}}},
            {"hooks", std::move(hooks)}};
}

}  // namespace sluice::ngx
