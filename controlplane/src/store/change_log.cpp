#include "change_log.hpp"

#include <algorithm>
#include <utility>

namespace sluice::control::store {

ChangeLog::ChangeLog(Revision start, std::size_t bound)
    : oldest_(start), newest_(start), bound_(bound)
{}

void ChangeLog::append(std::vector<Change> changes, Revision revision)
{
    {
        std::lock_guard lock(mutex_);
        for (auto& change : changes) changes_.push_back(std::move(change));
        while (changes_.size() > bound_) {
            // A revision whose changes are only partly kept counts as forgotten.
            oldest_ = changes_.front().revision;
            changes_.pop_front();
        }
        newest_ = revision;
    }
    changed_.notify_all();
}

void ChangeLog::forget(Revision revision)
{
    {
        std::lock_guard lock(mutex_);
        changes_.clear();
        oldest_ = revision;
        newest_ = revision;
    }
    changed_.notify_all();
}

Changes ChangeLog::collect(std::string_view prefix, Revision after) const
{
    Changes found{.items = {}, .revision = std::max(newest_, after)};
    auto first = std::upper_bound(
        changes_.begin(), changes_.end(), after,
        [](Revision revision, const Change& change) { return revision < change.revision; });
    for (; first != changes_.end(); ++first) {
        if (first->key.starts_with(prefix)) found.items.push_back(*first);
    }
    return found;
}

Result<Changes> ChangeLog::wait(std::string_view prefix, Revision after,
                                std::chrono::milliseconds timeout) const
{
    const auto deadline = std::chrono::steady_clock::now() + timeout;
    std::unique_lock lock(mutex_);
    while (true) {
        if (after < oldest_) return fail(Errc::gone, "that history is no longer kept");
        auto found = collect(prefix, after);
        if (!found.items.empty() || std::chrono::steady_clock::now() >= deadline) return found;
        after = found.revision;
        changed_.wait_until(lock, deadline, [&] { return newest_ > after; });
    }
}

}  // namespace sluice::control::store
