#include "live_windows.hpp"

#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <memory>

#include "core/hub/hub.hpp"
#include "core/package/segment_files.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

// The master's statics survive reloads.
package::Rack rack;
std::string folder;

constexpr mode_t kFolderMode = 0750;

std::string without_slash(const ngx_str_t& text)
{
    std::string path(view(text));
    while (path.size() > 1 && path.back() == '/') path.pop_back();
    return path;
}

/// Nobody but us may write there: a link that somebody else put into it would lead us anywhere.
bool is_safe(const std::string& path, uid_t worker)
{
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    const bool ours = info.st_uid == ::geteuid() || info.st_uid == worker;
    return ours && (info.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

bool make_folder(const std::string& path, ngx_cycle_t& cycle)
{
    if (::mkdir(path.c_str(), kFolderMode) != 0 && errno != EEXIST) {
        ngx_log_error(NGX_LOG_EMERG, cycle.log, ngx_errno, "sluice package: \"%s\" can't be made",
                      path.c_str());
        return false;
    }
    const auto& core =
        *reinterpret_cast<ngx_core_conf_t*>(ngx_get_conf(cycle.conf_ctx, ngx_core_module));
    const auto worker = static_cast<uid_t>(core.user);
    if (!is_safe(path, worker)) {
        ngx_log_error(NGX_LOG_EMERG, cycle.log, 0,
                      "sluice package: \"%s\" must be a folder that nobody else may write to; name "
                      "one of its own",
                      path.c_str());
        return false;
    }
    const bool given = ::geteuid() != 0 || ::chown(path.c_str(), worker, core.group) == 0;
    if (given) return true;
    ngx_log_error(NGX_LOG_EMERG, cycle.log, ngx_errno,
                  "sluice package: \"%s\" can't be given to the workers", path.c_str());
    return false;
}

/// Whether nobody will go on with the window.
bool is_over(const hub::Zone& zone, std::uint32_t index, const package::StreamRack& windows)
{
    const auto& stream = zone.stream(index);
    if (hub::Current::unpack(stream.current.load()).state == hub::State::idle) return true;
    bool another = false;
    const bool seen = package::peek_window(
        windows, [&](const package::Window& window) { another = window.run != stream.run.load(); });
    return seen && another;
}

void remove_if_ended(std::uint32_t index, std::int64_t now_ms, std::int64_t linger_ms)
{
    auto& windows = rack.of(index);
    const auto edition = package::edition_of(windows);
    if (package::is_held(windows)) return;
    if (!edition || now_ms - package::changed_ms(windows) < linger_ms) return;
    if (!is_over(worker()->zone, index, windows)) return;
    static const auto copy = std::make_unique<package::Window>();
    const auto read = package::read_window(windows, *copy);
    if (!read || *read != edition) return;
    // Before it is gone: the next publisher asks for it.
    auto& forgotten = rack.counts().above_forgotten;
    auto above = forgotten.load();
    while (above < copy->next_sequence &&
           !forgotten.compare_exchange_weak(above, copy->next_sequence)) {
    }
    if (!package::clear(windows, edition)) return;
    package::remove_files(folder, *copy);
}

}  // namespace

const package::Rack& live_windows()
{
    return rack;
}

const std::string& live_folder()
{
    return folder;
}

bool make_live_windows(const PackageConf& conf, std::uint32_t streams, ngx_cycle_t& cycle)
{
    if (rack || conf.dir.len == 0) return true;
    const auto path = without_slash(conf.dir);
    if (!make_folder(path, cycle)) return false;
    const auto bytes = package::Rack::bytes_for(streams);
    auto* memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        ngx_log_error(NGX_LOG_EMERG, cycle.log, ngx_errno, "sluice package: mmap(%uz) failed",
                      bytes);
        return false;
    }
    rack = package::Rack({static_cast<std::byte*>(memory), bytes}, streams);
    rack.counts().above_forgotten.store(package::remove_leftovers(path));
    folder = path;
    return true;
}

bool make_archive_folder(const PackageConf& conf, ngx_cycle_t& cycle)
{
    return conf.archive.len == 0 || make_folder(without_slash(conf.archive), cycle);
}

void remove_ended_windows(std::int64_t now_ms, std::int64_t linger_ms)
{
    if (!rack) return;
    for (std::uint32_t i = 0; i < rack.streams(); ++i) remove_if_ended(i, now_ms, linger_ms);
}

}  // namespace sluice::ngx
