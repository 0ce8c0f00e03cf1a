#include "idempotency.hpp"

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

#include "../store/schema.hpp"
#include "random.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::int64_t kKeepS = 86400;

/// Hashed, so that the caller's key may hold anything and his token's id stays apart.
std::string stored_key(const OnceOnly& once)
{
    return schema::idempotency(sha256_hex(once.scope + "\n" + once.key));
}

}  // namespace

Result<std::optional<Idempotency::Kept>> Idempotency::find(const OnceOnly& once) const
{
    auto entry = store_.get(stored_key(once));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return std::optional<Kept>{};
    const auto record = json::parse((*entry)->value, nullptr, false);
    if (!record.is_object()) return fail(Errc::internal, "a stored answer is damaged");
    if (record.value("request", "") != once.request) {
        return fail(Errc::invalid, "this Idempotency-Key was used with another request",
                    {{"Idempotency-Key", "was used with another request"}});
    }
    if (record.at("answer").is_null()) {
        return fail(Errc::conflict,
                    "the request with this Idempotency-Key is still running, or was cut off: look "
                    "whether it was done");
    }
    return std::optional{Kept{record.at("answer"), (*entry)->version}};
}

Result<std::optional<Idempotency::Kept>> Idempotency::begin(const OnceOnly& once,
                                                            std::int64_t now_s)
{
    auto before = find(once);
    if (!before || *before) return before;
    if (auto room = make_room(now_s); !room) return tl::unexpected(room.error());
    auto taken = store_.commit({remember(once, nullptr, now_s)});
    if (taken) return std::optional<Kept>{};
    if (taken.error().code != Errc::precondition) return tl::unexpected(taken.error());
    return find(once);  // somebody was faster
}

Result<void> Idempotency::finish(const OnceOnly& once, const json& answer, std::int64_t now_s)
{
    auto operation = remember(once, answer, now_s);
    operation.expected.reset();
    auto done = store_.commit({std::move(operation)});
    if (!done) return tl::unexpected(done.error());
    return {};
}

Result<void> Idempotency::forget(const OnceOnly& once)
{
    auto done = store_.commit({store::remove(stored_key(once))});
    if (!done) return tl::unexpected(done.error());
    return {};
}

store::Operation Idempotency::remember(const OnceOnly& once, const json& answer,
                                       std::int64_t now_s) const
{
    ++fresh_;
    const json record{{"request", once.request}, {"answer", answer}, {"created_at_s", now_s}};
    return store::put(stored_key(once), record.dump(), 0);
}

Result<void> Idempotency::make_room(std::int64_t now_s) const
{
    if (fresh_ < kSlack) return {};
    fresh_ = 0;
    return prune(now_s);
}

Result<void> Idempotency::prune(std::int64_t now_s) const
{
    struct Known {
        std::int64_t made_s;
        std::size_t bytes;
        std::string key;
    };
    std::vector<Known> all;
    for (std::string after;;) {
        auto page = store_.list(schema::kIdempotency, after, store::kMaxOperations);
        if (!page) return tl::unexpected(page.error());
        for (auto& entry : page->items) {
            const auto record = json::parse(entry.value, nullptr, false);
            const auto made =
                record.is_object() ? record.value("created_at_s", std::int64_t{0}) : 0;
            after = entry.key;
            all.push_back({made, entry.value.size(), std::move(entry.key)});
        }
        if (!page->more) break;
    }
    std::ranges::sort(all, std::ranges::greater(), &Known::made_s);
    std::size_t kept = 0;
    std::size_t bytes = 0;
    std::vector<store::Operation> work;
    for (const auto& known : all) {
        bytes += known.bytes;
        const bool stays = known.made_s + kKeepS >= now_s && kept < kMost && bytes <= kMostBytes;
        if (stays) {
            ++kept;
            continue;
        }
        work.push_back(store::remove(known.key));
        if (work.size() < store::kMaxOperations) continue;
        if (auto done = store_.commit(std::exchange(work, {})); !done) {
            return tl::unexpected(done.error());
        }
    }
    if (work.empty()) return {};
    return store_.commit(std::move(work)).map([](store::Revision) {});
}

}  // namespace sluice::control
