#include "archive_queue.hpp"

#include <cstring>
#include <deque>
#include <filesystem>

#include "conf.hpp"
#include "core/package/segment_files.hpp"
#include "live_windows.hpp"
#include "modules/common/guard.hpp"

namespace sluice::ngx {
namespace {

constexpr std::size_t kLongestQueue = 64;

std::string archive_root()
{
    std::string root(view(package_conf().archive));
    while (root.size() > 1 && root.back() == '/') root.pop_back();
    return root;
}

std::size_t in_flight = 0;  // segments that wait or are being written, of this worker

void note_not_kept()
{
    live_windows().counts().not_kept.fetch_add(1);
}

ngx_thread_pool_t* pool()
{
    return package_conf().threads;
}

}  // namespace

/// The one stream's row. Its parts are a thread's while `busy`, else the worker's.
struct ArchiveQueue::Lane : std::enable_shared_from_this<Lane> {
    Lane(const std::string& folder, std::uint32_t window_s) : writer(folder, window_s), name(folder)
    {}

    void post();
    static void run(void* data, ngx_log_t* log);
    static void done(ngx_event_t& event);

    /// What a thread is given. Lives on the heap from post() to done().
    struct Job {
        std::shared_ptr<Lane> lane;
        archive::Kept kept;
        bool failed = false;
        int error = 0;
        ngx_thread_task_t task{};
    };

    archive::Writer writer;
    std::string name;
    std::deque<archive::Kept> waiting;
    bool busy = false;
    bool failing = false;
};

void ArchiveQueue::Lane::post()
{
    if (busy || waiting.empty()) return;
    auto* job = new Job{.lane = shared_from_this(), .kept = std::move(waiting.front())};
    waiting.pop_front();
    job->task.ctx = job;
    job->task.handler = run;
    job->task.event.data = job;
    job->task.event.handler = event_door<done>;
    job->task.event.log = ngx_cycle->log;
    busy = true;
    if (ngx_thread_task_post(pool(), &job->task) == NGX_OK) return;
    busy = false;
    note_not_kept();
    --in_flight;
    delete job;
    // The threads have more than they can do: the others would only wait for ever.
    in_flight -= waiting.size();
    for (; !waiting.empty(); waiting.pop_front()) note_not_kept();
}

/// In a thread: touches nothing of nginx.
void ArchiveQueue::Lane::run(void* data, ngx_log_t*)
{
    auto& job = *static_cast<Job*>(data);
    try {
        job.failed = !job.lane->writer.keep(job.kept).has_value();
        job.error = errno;
    } catch (...) {
        job.failed = true;
        job.error = ENOMEM;
    }
}

void ArchiveQueue::Lane::done(ngx_event_t& event)
{
    const std::unique_ptr<Job> job(static_cast<Job*>(event.data));
    auto& lane = *job->lane;
    lane.busy = false;
    --in_flight;
    if (job->failed) {
        note_not_kept();
        if (!lane.failing) {
            ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, job->error,
                          "sluice package: a segment can't be kept in \"%s\"", lane.name.c_str());
        }
    }
    lane.failing = job->failed;
    lane.post();
}

ArchiveQueue::ArchiveQueue(const std::string& folder, std::uint32_t window_s)
    : lane_(std::make_shared<Lane>(folder, window_s))
{}

ArchiveQueue::~ArchiveQueue() = default;

void ArchiveQueue::keep(archive::Kept kept)
{
    if (lane_->waiting.size() >= kLongestQueue) {
        lane_->waiting.pop_front();
        note_not_kept();
        --in_flight;
    }
    ++in_flight;
    lane_->waiting.push_back(std::move(kept));
    lane_->post();
}

bool archive_is_busy()
{
    return in_flight != 0;
}

std::string archive_folder(std::string_view stream)
{
    const auto root = archive_root();
    return root.empty() || pool() == nullptr ? std::string() : package::stream_folder(root, stream);
}

namespace {

/// One look at all archives.
struct Sweep {
    std::string root;
    std::int64_t now_ms = 0;
    ngx_thread_task_t task{};
};

bool sweeping = false;

void sweep(void* data, ngx_log_t*)
{
    const auto& work = *static_cast<Sweep*>(data);
    try {
        std::error_code ignored;
        for (const auto& folder : std::filesystem::directory_iterator(work.root, ignored)) {
            archive::remove_if_outlived(folder.path().string(), work.now_ms);
        }
    } catch (...) {
        return;  // the next one tries again
    }
}

void swept(ngx_event_t& event)
{
    delete static_cast<Sweep*>(event.data);
    sweeping = false;
}

}  // namespace

void remove_outlived_archives()
{
    if (sweeping || pool() == nullptr || archive_root().empty()) return;
    auto* work = new Sweep{.root = archive_root(), .now_ms = wall_ms()};
    work->task.ctx = work;
    work->task.handler = sweep;
    work->task.event.data = work;
    work->task.event.handler = event_door<swept>;
    work->task.event.log = ngx_cycle->log;
    sweeping = ngx_thread_task_post(pool(), &work->task) == NGX_OK;
    if (!sweeping) delete work;
}

}  // namespace sluice::ngx
