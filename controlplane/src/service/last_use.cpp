#include "last_use.hpp"

#include <charconv>
#include <chrono>
#include <utility>
#include <vector>

#include "../log.hpp"
#include "../store/schema.hpp"

namespace sluice::control {
namespace {

namespace schema = store::schema;

constexpr std::chrono::seconds kEvery{60};
constexpr std::size_t kTogether = store::kMaxOperations / 2;  ///< each is a check and a put

}  // namespace

LastUse::LastUse(store::Store& store) : store_(store), writer_([this] { run(); }) {}

LastUse::~LastUse()
{
    {
        const std::lock_guard lock(mutex_);
        end_ = true;
    }
    ending_.notify_all();
    writer_.join();
}

void LastUse::run()
{
    bool end = false;
    while (!end) {
        {
            std::unique_lock lock(mutex_);
            end = ending_.wait_for(lock, kEvery, [this] { return end_; });
        }
        if (auto done = write(); !done) {
            log(Level::error, {{"msg", "the last use of tokens and sessions is not written"},
                               {"error", done.error().detail}});
        }
    }
}

void LastUse::note(const std::string& owner, std::int64_t now_s)
{
    const std::lock_guard lock(mutex_);
    noted_[owner] = now_s;
}

Result<std::optional<std::int64_t>> LastUse::of(const std::string& owner) const
{
    {
        const std::lock_guard lock(mutex_);
        if (const auto found = noted_.find(owner); found != noted_.end()) return found->second;
    }
    auto entry = store_.get(key_of(owner));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return std::optional<std::int64_t>{};
    const auto& text = (*entry)->value;
    std::int64_t at = 0;
    std::from_chars(text.data(), text.data() + text.size(), at);
    return std::optional{at};
}

std::string LastUse::key_of(const std::string& owner)
{
    return std::string(schema::kUses) + owner;
}

Result<void> LastUse::write()
{
    std::vector<std::pair<std::string, std::int64_t>> uses;
    {
        const std::lock_guard lock(mutex_);
        uses.assign(noted_.begin(), noted_.end());
    }
    while (!uses.empty()) {
        const auto first = uses.size() > kTogether ? uses.end() - kTogether : uses.begin();
        if (auto done = write({first, uses.end()}); !done) return done;
        uses.erase(first, uses.end());
    }
    return {};
}

Result<void> LastUse::write(std::vector<std::pair<std::string, std::int64_t>> uses)
{
    std::vector<store::Operation> work;
    for (const auto& [owner, at] : uses) {
        auto entry = store_.get(owner);
        if (!entry) return tl::unexpected(entry.error());
        if (!*entry) continue;
        // An owner that is removed meanwhile must not leave this behind.
        work.push_back(store::check(owner, (*entry)->version));
        work.push_back(store::put(key_of(owner), std::to_string(at)));
    }
    if (!work.empty()) {
        auto done = store_.commit(std::move(work));
        // Somebody changed one of them at this moment: all stay noted for the next time.
        if (!done && done.error().code == Errc::precondition) return {};
        if (!done) return tl::unexpected(done.error());
    }
    const std::lock_guard lock(mutex_);
    for (const auto& [owner, at] : uses) {
        const auto found = noted_.find(owner);
        if (found != noted_.end() && found->second == at) noted_.erase(found);
    }
    return {};
}

}  // namespace sluice::control
