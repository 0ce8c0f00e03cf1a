#include "hook_metrics.hpp"

#include <array>
#include <iterator>
#include <string>

#include "modules/exec/hook_table.hpp"

namespace sluice::ngx {

void add_hook_metrics(MetricsPage& page)
{
    const auto& table = hook_table();
    if (!table) return;
    std::array<std::uint64_t, std::size(hook::kStateNames)> states{};
    std::uint64_t memory = 0;
    table.each([&](const hook::Facts& facts, hub::ProcessId) {
        ++states.at(static_cast<std::size_t>(facts.state));
        memory += facts.rss_bytes;
    });
    page.gauge("sluice_hooks", "Processes beside streams.");
    for (std::size_t i = 0; i < states.size(); ++i) {
        page.sample(states.at(i), "{state=\"" + std::string(hook::kStateNames[i]) + "\"}");
    }
    page.gauge("sluice_hooks_max", "Places there are for them.");
    page.sample(exec_conf().processes);
    page.gauge("sluice_hook_memory_bytes", "Memory that they have now.");
    page.sample(memory);
    const auto taken = table.taken();
    page.gauge("sluice_hook_cpu_units",
               "Units of CPU that they may use, of which 1024 are a core.");
    page.sample(taken.cpu_units);
    page.gauge("sluice_hook_cpu_units_max", "What all may use together; 0 is no bound.");
    page.sample(table.budget().cpu_units);
    auto& header = table.header();
    page.counter("sluice_hook_starts_total", "Processes that were started.");
    page.sample(header.starts.load());
    page.counter("sluice_hook_failures_total", "Processes that ended by themselves or were stuck.");
    page.sample(header.failures.load());
    page.counter("sluice_hook_skips_total", "Jumps to a key frame because a process was too slow.");
    page.sample(header.skips.load());
}

}  // namespace sluice::ngx
