#include "publisher.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <span>
#include <thread>
#include <utility>

#include "../log.hpp"
#include "../store/schema.hpp"
#include "core/channel/hook.hpp"
#include "core/channel/manifest.hpp"
#include "core/channel/snapshot.hpp"
#include "core/channel/snapshot_writer.hpp"

namespace sluice::control::snapshot {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPollEvery = 2ms;
constexpr auto kLongestRetry = 30s;

/// The highest generation that was ever used here: the manifest's, or that of a file without one.
std::uint64_t last_generation(const fs::path& folder)
{
    std::uint64_t last = 0;
    if (const auto manifest = channel::read_manifest(folder)) last = manifest->generation;
    constexpr std::string_view head = "channels-";
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder, error)) {
        const auto name = entry.path().filename().string();
        if (!name.starts_with(head)) continue;
        std::uint64_t number = 0;
        std::from_chars(name.data() + head.size(), name.data() + name.size(), number);
        last = std::max(last, number);
    }
    return last;
}

/// Another program may have written other bytes for it.
bool says_the_same(std::span<const std::uint8_t> there, std::span<const std::uint8_t> wanted)
{
    const auto channels = std::pair(channel::decode(there), channel::decode(wanted));
    const auto hooks = std::pair(channel::decode_hooks(there), channel::decode_hooks(wanted));
    return channels.first && channels.second && hooks.first && hooks.second &&
           *channels.first == *channels.second && *hooks.first == *hooks.second;
}

void log_failure(const Error& error)
{
    log(Level::error,
        {{"msg", "the channels snapshot could not be written"}, {"error", error.detail}});
}

bool all_report(const nlohmann::json& answer, std::uint64_t generation)
{
    if (!answer.contains("workers")) return false;
    std::size_t serving = 0;
    for (const auto& worker : answer["workers"]) {
        if (worker.value("exiting", false)) continue;
        if (worker.value("snapshot_generation", std::uint64_t{0}) < generation) return false;
        ++serving;
    }
    return serving > 0;
}

}  // namespace

Publisher::Publisher(const store::Store& store, fs::path channels,
                     const nginx::ControlSocket& nginx, std::string maker,
                     std::chrono::milliseconds first_retry, Written told,
                     RecordCache::HooksOf hooks)
    : store_(store),
      folder_(std::move(channels)),
      maker_(std::move(maker)),
      nginx_(nginx),
      first_retry_(first_retry),
      told_(std::move(told)),
      cache_(store, std::move(hooks))
{
    std::error_code error;
    fs::create_directories(folder_, error);
    if (!error)
        fs::permissions(
            folder_, fs::perms::owner_all | fs::perms::group_read | fs::perms::group_exec, error);
    generation_ = last_generation(folder_);
    retries_ = std::thread([this] { retry_loop(); });
}

Publisher::~Publisher()
{
    {
        const std::lock_guard lock(mutex_);
        ending_ = true;
    }
    failed_.notify_all();
    came_.notify_all();
    retries_.join();
}

bool Publisher::pending() const
{
    const std::lock_guard lock(mutex_);
    return !outcome_;
}

/// Nobody else would: the next write may be far away, and what was disabled or deleted must not
/// stay in force until then.
void Publisher::retry_loop()
{
    auto wait = first_retry_;
    std::unique_lock lock(mutex_);
    while (!ending_) {
        if (outcome_) {
            wait = first_retry_;
            failed_.wait(lock, [this] { return ending_ || !outcome_; });
            continue;
        }
        failed_.wait_for(lock, wait, [this] { return ending_ || outcome_.has_value(); });
        if (ending_ || outcome_) continue;
        wait = std::min<std::chrono::milliseconds>(wait * 2, kLongestRetry);
        lock.unlock();
        (void)written();
        lock.lock();
    }
}

Publisher::Applied Publisher::publish(std::chrono::milliseconds wait)
{
    const auto deadline = Clock::now() + wait;
    const auto generation = written();
    if (!generation) return Applied::pending;
    return confirmed(*generation, deadline) ? Applied::applied : Applied::pending;
}

void Publisher::renew(const std::set<std::string>& channels)
{
    const std::lock_guard lock(mutex_);
    renewed_.insert(channels.begin(), channels.end());
}

void Publisher::reconcile()
{
    (void)written();
}

Result<std::uint64_t> Publisher::written()
{
    std::unique_lock lock(mutex_);
    const auto mine = ++asked_;
    came_.notify_one();
    done_.wait(lock, [&] { return covered_ >= mine || !writing_; });
    if (covered_ >= mine) return outcome_;

    writing_ = true;
    gather(lock);
    const auto up_to = asked_;
    for (const auto& channel : std::exchange(renewed_, {})) cache_.renew(channel);
    lock.unlock();
    const auto began = Clock::now();
    auto outcome = write();
    if (!outcome) log_failure(outcome.error());
    lock.lock();

    pace_.written(began, Clock::now(), up_to - covered_, asked_ - up_to);
    writing_ = false;
    covered_ = up_to;
    outcome_ = outcome;
    done_.notify_all();
    failed_.notify_all();
    return outcome;
}

/// Until as many wait for the next file as could, or it would take too long.
void Publisher::gather(std::unique_lock<std::mutex>& lock)
{
    for (;;) {
        const auto until = pace_.held_until(asked_ - covered_);
        if (ending_ || Clock::now() >= until) return;
        came_.wait_until(lock, until);
    }
}

/// Catches what a document of another shape would throw: those who wait for this call must be
/// woken.
Result<std::uint64_t> Publisher::write()
{
    try {
        if (!std::exchange(seeded_, true) && begin_with_file()) {
            compared_ = true;
            in_file_ = true;
        }
        const auto newest = last_change();
        const auto changed = cache_.refresh();
        if (!changed) {
            in_file_ = false;
            return tl::unexpected(changed.error());
        }
        if (*changed) in_file_ = false;
        if (!compared_) in_file_ = on_disk();
        compared_ = true;
        if (in_file_) return generation_;
        return write_file(newest ? source(*newest) : std::string());
    } catch (const std::exception& e) {
        in_file_ = false;
        return fail(Errc::internal, e.what());
    }
}

/// The newest transaction that changed what records are made of.
Result<store::Revision> Publisher::last_change() const
{
    const auto channels = store_.last_change(store::schema::kChannels);
    if (!channels) return channels;
    return store_.last_change(store::schema::kTranscodeTemplates)
        .map([&](store::Revision templates) { return std::max(*channels, templates); });
}

/// Names a state of the store's channels: the same name, the same channels. Empty: not known.
std::string Publisher::source(store::Revision last_change) const
{
    if (maker_.empty()) return {};
    return maker_ + "-" + std::to_string(last_change);
}

/// The usual start: the file holds what the store holds. Reading its records takes a hundredth of
/// the time that reading the documents would.
bool Publisher::begin_with_file()
{
    const auto seen = store_.revision();
    const auto newest = last_change();
    if (!seen || !newest || maker_.empty()) return false;
    const auto file = channel::Snapshot::open(folder_);
    if (!file || file->source() != source(*newest)) return false;
    RecordCache::Records records;
    const auto all = file->each([&](std::string_view id, std::span<const std::uint8_t> bytes) {
        records.emplace_hint(records.end(), id,
                             std::vector<std::uint8_t>(bytes.begin(), bytes.end()));
    });
    if (!all) return false;
    cache_.seed(std::move(records), *seen);
    return true;
}

Result<std::uint64_t> Publisher::write_file(const std::string& source)
{
    const auto began = Clock::now();
    const auto& records = cache_.records();
    auto next = [at = records.begin(),
                 &records]() mutable -> std::optional<channel::SnapshotRecord> {
        if (at == records.end()) return std::nullopt;
        const auto& [id, bytes] = *at++;
        return channel::SnapshotRecord{id, bytes};
    };
    const auto manifest = channel::write_snapshot(folder_, generation_ + 1, next, source);
    if (told_) told_(manifest.has_value(), Clock::now() - began);
    if (!manifest) {
        // A file of this number may be there now, and generations never repeat.
        generation_ = std::max(generation_, last_generation(folder_));
        return fail(Errc::internal, "channels snapshot: " + std::string(manifest.error().where));
    }
    generation_ = manifest->generation;
    in_file_ = true;
    return generation_;
}

bool Publisher::on_disk() const
{
    const auto file = channel::Snapshot::open(folder_);
    if (!file || file->size() != cache_.records().size()) return false;
    bool same = true;
    const auto all = file->each([&](std::string_view id, std::span<const std::uint8_t> bytes) {
        const auto wanted = cache_.records().find(std::string(id));
        same = same && wanted != cache_.records().end() && says_the_same(bytes, wanted->second);
    });
    return all && same;
}

/// What nginx said before the call does not count: it may be gone since.
bool Publisher::confirmed(std::uint64_t generation, Clock::time_point deadline)
{
    const auto since = Clock::now();
    std::unique_lock lock(asking_mutex_);
    for (;;) {
        if (confirmed_ >= generation && confirmed_at_ >= since) return true;
        if (asking_) {
            if (answered_.wait_until(lock, deadline) == std::cv_status::timeout) return false;
            continue;
        }
        asking_ = true;
        lock.unlock();
        const bool all = workers_have(generation, deadline);
        lock.lock();
        asking_ = false;
        if (all) {
            confirmed_ = std::max(confirmed_, generation);
            confirmed_at_ = Clock::now();
        }
        answered_.notify_all();
        if (!all) return false;
    }
}

bool Publisher::workers_have(std::uint64_t generation, Clock::time_point deadline) const
{
    // nginx answers such a question when the workers have it, or when its time is over.
    const auto ask = "/-/generation?snapshot=" + std::to_string(generation) + "&timeout_ms=";
    for (;;) {
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
        if (left.count() <= 0) return false;
        const auto answer = nginx_.get(ask + std::to_string(left.count()), left + 50ms);
        if (answer && all_report(*answer, generation)) return true;
        std::this_thread::sleep_for(std::min<std::chrono::milliseconds>(left, kPollEvery));
    }
}

}  // namespace sluice::control::snapshot
