#include "backups.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <utility>

#include "../log.hpp"
#include "../nginx/file.hpp"
#include "../store/schema.hpp"
#include "audit.hpp"
#include "backup_file.hpp"
#include "random.hpp"
#include "rule.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
namespace schema = store::schema;
using nlohmann::json;

constexpr mode_t kOwnerOnly = 0600;
constexpr std::size_t kIdBytes = 4;
const char* const kByHand = "by_hand";
const char* const kRequested = "requested";
const char* const kBeforeRestore = "before_restore";
const char* const kWork = ".restore.mdb";

bool is_backup_id(std::string_view id)
{
    constexpr std::string_view allowed =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    return !id.empty() && id.size() <= 64 && id.front() != '.' &&
           id.find_first_not_of(allowed) == std::string_view::npos;
}

tl::unexpected<Error> no_such_backup()
{
    return fail(Errc::not_found, "there is no such backup");
}

tl::unexpected<Error> busy()
{
    return fail(Errc::conflict, "another backup is being made or put back");
}

/// `2026-01-31T08:15:00Z` → `20260131T081500Z`
std::string stamp()
{
    auto text = format_timestamp(now_s());
    std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
    return text;
}

/// A store that finds this in itself knows that it was put back.
Result<void> mark(const fs::path& copy, const std::string& created_at)
{
    return store::LmdbStore::open(copy)
        .and_then([&](const auto& opened) {
            return opened->commit({store::put(std::string(schema::kBackup),
                                              json{{"created_at", created_at}}.dump())});
        })
        .map([](store::Revision) {});
}

void remove_store(const fs::path& file)
{
    std::error_code ignored;
    fs::remove(file, ignored);
    fs::remove(file.string() + "-lock", ignored);
}

/// The copy that a restore works on, with what opening it left beside it.
void remove_work(const fs::path& folder)
{
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        if (!entry.path().filename().string().starts_with(kWork)) continue;
        fs::remove(entry.path(), ignored);
    }
}

std::vector<std::string> left_out()
{
    return {std::string(schema::kSessions), std::string(schema::kUses),
            std::string(schema::kBackup), std::string(schema::kWebhookState)};
}

/// What goes on over a restore. Users stay when the backup is older than users are: nobody could
/// sign in otherwise.
Result<std::vector<std::string>> kept(const store::LmdbStore& from)
{
    std::vector<std::string> keys{
        std::string(schema::kAudit),       std::string(schema::kEvents),
        std::string(schema::kRing),        std::string(schema::kInstallation),
        std::string(schema::kIdempotency), std::string(schema::kWebhookLog)};
    auto users = from.list(schema::kUsers, "", 1);
    if (!users) return tl::unexpected(users.error());
    if (!users->items.empty()) return keys;
    for (const auto key : {schema::kUsers, schema::kUsernames, schema::kCensus, schema::kLogins}) {
        keys.emplace_back(key);
    }
    return keys;
}

store::Operation begin_here(const std::string& webhook, std::uint64_t newest)
{
    return store::put(schema::webhook_state(webhook),
                      json{{"cursor", newest}, {"lanes", json::object()}}.dump());
}

struct Places {
    std::vector<std::string> kept;        ///< keys
    std::vector<store::Operation> fresh;  ///< of webhooks that go on with what happens from now on
};

/// Where webhooks go on after a restore: the journal stays, so what the backup says of their places
/// is long past. One that is served now and then keeps its place.
Result<Places> places_of_webhooks(const store::LmdbStore& from, const store::LmdbStore& now,
                                  std::uint64_t newest)
{
    Places places;
    auto page = from.list(schema::kWebhookState, "", store::kMaxOperations);
    if (!page) return tl::unexpected(page.error());
    for (const auto& entry : page->items) {
        auto place = now.get(entry.key);
        if (!place) return tl::unexpected(place.error());
        if (*place) {
            places.kept.push_back(entry.key);
        } else {
            places.fresh.push_back(
                begin_here(entry.key.substr(schema::kWebhookState.size()), newest));
        }
    }
    return places;
}

/// Lets all webhooks of a backup go on with what happens from now on.
Result<void> begin_webhooks(store::Store& store)
{
    const auto journal = Journal::open(store);
    if (!journal) return tl::unexpected(journal.error());
    const auto newest = journal->newest();
    if (!newest) return tl::unexpected(newest.error());
    auto page = store.list(schema::kWebhookState, "", store::kMaxOperations);
    if (!page) return tl::unexpected(page.error());
    if (page->items.empty()) return {};
    std::vector<store::Operation> work;
    for (const auto& entry : page->items) {
        work.push_back(begin_here(entry.key.substr(schema::kWebhookState.size()), *newest));
    }
    return store.commit(std::move(work)).map([](store::Revision) {});
}

Result<json> settings_of(const store::LmdbStore& from)
{
    auto entry = from.get(schema::kSettings);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return json::object();
    return json::parse((*entry)->value).at("document");
}

}  // namespace

Backups::Backups(store::LmdbStore& store, Settings& settings, const Journal& journal,
                 fs::path folder, Check check, Apply apply)
    : store_(store),
      settings_(settings),
      journal_(journal),
      folder_(std::move(folder)),
      check_(std::move(check)),
      apply_(std::move(apply))
{
    std::error_code ignored;
    fs::create_directories(folder_, ignored);
    fs::permissions(folder_, fs::perms::owner_all, ignored);
    remove_work(folder_);
    for (const auto& entry : fs::directory_iterator(folder_, ignored)) {
        // LMDB's lock file is left beside a copy, too, by a process that was killed.
        const auto extension = entry.path().extension().native();
        if (extension.starts_with(".part")) fs::remove(entry.path(), ignored);
    }
}

fs::path Backups::file_of(std::string_view id, const char* extension) const
{
    return folder_ / (std::string(id) + extension);
}

Result<json> Backups::create(const Caller& by, const json& body)
{
    static const Rule rule =
        rules::object({{"keep", rules::integer(1, kMaxKept, kMaxKept).or_null()}});
    Findings findings;
    check(rule, body, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const bool pruning = body.contains("keep") && body.at("keep").is_number();
    const std::unique_lock lock(working_, std::try_to_lock);
    if (!lock) return busy();
    if (!pruning && ids_of(kRequested).size() >= kMaxKept) {
        return fail(Errc::conflict,
                    "there are 50 backups already: delete some, or say how many "
                    "to keep");
    }
    auto made = make(kRequested);
    if (!made) return made;
    auto old = ids_of(kRequested);  // newest first
    if (pruning && old.size() > body.at("keep").get<std::size_t>()) {
        old.erase(old.begin(), old.begin() + body.at("keep").get<std::ptrdiff_t>());
        for (const auto& id : old) erase(id);
    } else {
        old.clear();
    }
    auto noted = store_.commit(
        {audit::entry(by, {"backup.create", made->at("id"), nullptr, {{"removed", old}}})});
    if (!noted) return tl::unexpected(noted.error());
    return made;
}

Result<json> Backups::make(const std::string& reason)
{
    const auto second = stamp();
    auto id = second;
    // Of the same second: with three digits, so that the newest stays the last by name.
    for (int n = 1002; fs::exists(file_of(id, ".mdb")); ++n) {
        id = second + "-" + std::to_string(n).substr(1);
    }
    const auto part = file_of(id, ".part");
    if (auto done = store_.copy_to(part); !done) return tl::unexpected(done.error());
    const auto created_at = format_timestamp(now_s());
    auto digest = mark(part, created_at).and_then([&] { return digest_of(part); });
    if (!digest) {
        remove_store(part);
        return tl::unexpected(digest.error());
    }
    const json facts{{"id", id},
                     {"created_at", created_at},
                     {"bytes", digest->bytes},
                     {"sha256", digest->sha256},
                     {"reason", reason}};
    // The facts first: a store without them would count as one that somebody put there.
    auto done = nginx::write_file(file_of(id, ".json"), facts.dump() + "\n", kOwnerOnly);
    std::error_code error;
    if (done) fs::rename(part, file_of(id, ".mdb"), error);
    remove_store(part);
    if (!done) return tl::unexpected(done.error());
    if (error) return fail(Errc::unavailable, "store the backup: " + error.message());
    nginx::sync_folder(folder_);
    return facts;
}

Result<json> Backups::describe(const std::string& id) const
{
    const auto text = nginx::read_file(file_of(id, ".json"));
    auto facts = json::parse(text.value_or(""), nullptr, false);
    if (facts.is_object()) return facts;
    const auto file = file_of(id, ".mdb");
    auto digest = digest_of(file);
    if (!digest) return tl::unexpected(digest.error());
    struct stat known = {};
    ::stat(file.c_str(), &known);
    facts = {{"id", id},
             {"created_at", format_timestamp(known.st_mtime)},
             {"bytes", digest->bytes},
             {"sha256", digest->sha256},
             {"reason", kByHand}};
    // Kept, because a large file takes a while to read; it can be done again.
    static_cast<void>(nginx::write_file(file_of(id, ".json"), facts.dump() + "\n", kOwnerOnly));
    // Somebody deleted it meanwhile: nothing of it may stay.
    if (!fs::exists(file)) erase(id);
    return facts;
}

/// Newest first: ids start with their time.
std::vector<std::string> Backups::ids() const
{
    std::vector<std::string> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        auto id = entry.path().stem().string();
        if (entry.path().extension() == ".mdb" && is_backup_id(id)) found.push_back(std::move(id));
    }
    std::ranges::sort(found, std::greater<>());
    return found;
}

std::vector<std::string> Backups::ids_of(const std::string& reason) const
{
    auto found = ids();
    std::erase_if(found, [&](const std::string& id) {
        const auto facts = describe(id);
        return !facts || facts->value("reason", "") != reason;
    });
    return found;
}

/// false when it was not there: somebody else was faster.
bool Backups::erase(const std::string& id) const
{
    std::error_code ignored;
    const bool there = fs::remove(file_of(id, ".mdb"), ignored);
    remove_store(file_of(id, ".mdb"));
    fs::remove(file_of(id, ".json"), ignored);
    return there;
}

Result<json> Backups::list(std::size_t limit, std::string_view cursor) const
{
    json items = json::array();
    json next;
    for (const auto& id : ids()) {
        if (!cursor.empty() && id >= cursor) continue;
        if (items.size() == limit) {
            next = items.back().at("id");
            break;
        }
        auto facts = describe(id);
        if (!facts && !fs::exists(file_of(id, ".mdb"))) continue;  // deleted meanwhile
        if (!facts) return facts;
        items.push_back(std::move(*facts));
    }
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<json> Backups::get(std::string_view id) const
{
    if (!is_backup_id(id) || !fs::exists(file_of(id, ".mdb"))) return no_such_backup();
    return describe(std::string(id));
}

Result<void> Backups::remove(const Caller& by, std::string_view id)
{
    if (!is_backup_id(id) || !erase(std::string(id))) return no_such_backup();
    return store_
        .commit({audit::entry(by, {"backup.delete", std::string(id), json::object(), nullptr})})
        .map([](store::Revision) {});
}

Result<json> Backups::restore(const Caller& by, std::string_view id)
{
    const std::unique_lock lock(working_, std::try_to_lock);
    if (!lock) return busy();
    if (!is_backup_id(id) || !fs::exists(file_of(id, ".mdb"))) return no_such_backup();
    auto from = prepared(std::string(id));
    auto done = from ? put_back(by, std::string(id), **from) : tl::unexpected(from.error());
    if (from) from->reset();
    remove_work(folder_);
    return done;
}

/// A copy, checked and of this release's schema: what a restore reads.
Result<std::unique_ptr<store::LmdbStore>> Backups::prepared(const std::string& id) const
{
    auto facts = describe(id);
    if (!facts) return tl::unexpected(facts.error());
    auto digest = digest_of(file_of(id, ".mdb"));
    if (!digest) return tl::unexpected(digest.error());
    if (digest->sha256 != facts->value("sha256", "")) {
        return fail(Errc::conflict, "the backup is damaged: its SHA-256 is not what it was");
    }
    const auto work = folder_ / kWork;
    remove_work(folder_);
    std::error_code error;
    fs::copy_file(file_of(id, ".mdb"), work, error);
    if (error) return fail(Errc::unavailable, "copy the backup: " + error.message());
    fs::permissions(work, fs::perms::owner_read | fs::perms::owner_write, error);
    if (auto fine = check_(work); !fine) {
        return fail(Errc::conflict, "the backup can't be put back: " + fine.error().detail);
    }
    return store::LmdbStore::open(work);
}

Result<json> Backups::put_back(const Caller& by, const std::string& id,
                               const store::LmdbStore& from)
{
    auto settings = settings_of(from);
    if (!settings) return settings;
    auto keep = kept(from);
    if (!keep) return tl::unexpected(keep.error());
    auto before = make(kBeforeRestore);
    if (!before) return before;
    const json after{{"backup", id}, {"before", before->at("id")}};
    const auto replace = [&]() -> Result<std::uint64_t> {
        const auto newest = journal_.newest();
        if (!newest) return tl::unexpected(newest.error());
        auto places = places_of_webhooks(from, store_, *newest);
        if (!places) return tl::unexpected(places.error());
        keep->insert(keep->end(), places->kept.begin(), places->kept.end());
        auto work = std::move(places->fresh);
        work.push_back(audit::entry(by, {"backup.restore", id, nullptr, after}));
        work.push_back(journal_.entry({"config.restored", {}, now_ms(), after}));
        return store_.replace_with(from, {.keep = *keep, .leave_out = left_out()}, work);
    };
    if (auto done = settings_.restore(*settings, replace); !done) {
        // Nothing has changed, so nobody needs it; nor does it push an older one out.
        erase(before->at("id"));
        return tl::unexpected(done.error());
    }
    const auto copies = ids_of(kBeforeRestore);
    for (std::size_t i = kMaxBefore; i < copies.size(); ++i) erase(copies.at(i));
    return json{{"restored", id},
                {"before", before->at("id")},
                {"applied", apply_() ? "applied" : "pending"}};
}

Result<void> Backups::settle(store::Store& store)
{
    auto marker = store.get(schema::kBackup);
    if (!marker) return tl::unexpected(marker.error());
    if (!*marker) return {};
    // The marker goes last: a crash in between does all of it again.
    for (const auto prefix : {schema::kSessions, schema::kUses}) {
        while (true) {
            auto page = store.list(prefix, "", store::kMaxOperations);
            if (!page) return tl::unexpected(page.error());
            if (page->items.empty()) break;
            std::vector<store::Operation> work;
            for (const auto& entry : page->items) work.push_back(store::remove(entry.key));
            if (auto done = store.commit(std::move(work)); !done) {
                return tl::unexpected(done.error());
            }
        }
    }
    if (auto done = begin_webhooks(store); !done) return done;
    const auto facts = json::parse((*marker)->value, nullptr, false);
    return store
        .commit({store::put(std::string(schema::kInstallation), random_hex(kIdBytes)),
                 store::remove(std::string(schema::kBackup)),
                 audit::entry(Caller::system("start"),
                              {"backup.restore", "control.mdb", nullptr, facts})})
        .map([](store::Revision) {});
}

}  // namespace sluice::control
