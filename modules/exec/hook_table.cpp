#include "hook_table.hpp"

#include <sys/mman.h>

namespace sluice::ngx {
namespace {

// The master's statics survive reloads.
hook::Table table;

}  // namespace

const hook::Table& hook_table()
{
    return table;
}

bool make_hook_table(const ExecConf& conf, ngx_log_t& log)
{
    if (table) return true;
    const auto count = static_cast<std::uint32_t>(conf.processes);
    const auto bytes = hook::Table::bytes_for(count);
    auto* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, &log, ngx_errno, "sluice exec: mmap(%uz) failed", bytes);
        return false;
    }
    table = hook::Table({static_cast<std::byte*>(memory), bytes}, count);
    return true;
}

}  // namespace sluice::ngx
