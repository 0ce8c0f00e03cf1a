#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../store/lmdb_store.hpp"
#include "caller.hpp"
#include "journal.hpp"
#include "settings.hpp"

namespace sluice::control {

/// Copies of the store in DIR/backups, made while it is in use, and put back while it is in use.
/// `<id>.mdb` is a store that can stand in for control.mdb; `<id>.json` says what it is. A file
/// that somebody puts there counts as a backup too. Thread-safe.
class Backups {
public:
    static constexpr std::size_t kMaxKept = 50;   ///< made by people
    static constexpr std::size_t kMaxBefore = 3;  ///< made before a restore; the oldest goes

    /// Says whether a file is a good store; see check_backup().
    using Check = std::function<Result<void>(const std::filesystem::path&)>;
    /// Puts the channels and webhooks of the store in force; true when nginx has the channels.
    using Apply = std::function<bool()>;

    /// Everything must outlive this. What an earlier process left half done is removed.
    Backups(store::LmdbStore& store, Settings& settings, const Journal& journal,
            std::filesystem::path folder, Check check, Apply apply);

    /// Body: {keep}, how many to keep: the oldest go once this one is there. Answers the facts:
    /// {id, created_at, bytes, sha256, reason}. Errors: conflict (kMaxKept are there),
    /// unavailable (no room), conflict while another one is made or put back.
    Result<nlohmann::json> create(const Caller& by, const nlohmann::json& body);

    /// Newest first: `{"items", "next_cursor"}`.
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;
    Result<nlohmann::json> get(std::string_view id) const;
    Result<void> remove(const Caller& by, std::string_view id);

    /// Puts everything back as it was then, but for the audit log, the journal, what became of
    /// deliveries and the answers to requests with an Idempotency-Key, which go on, and for the
    /// sessions, which end. Webhooks that are not served now go on with the events from now on.
    /// First the backup is checked and a copy of the present made, whose id is answered: {restored,
    /// before, applied}. All or nothing: after an error that copy is gone, too. Errors: not_found,
    /// conflict (damaged, of a newer release, or settings that nginx can't take; another one is
    /// being put back).
    Result<nlohmann::json> restore(const Caller& by, std::string_view id);

    /// To be called with a freshly opened store, before anything else reads it: when it is a backup
    /// that was put in place of control.mdb by hand, its sessions end, its webhooks go on with new
    /// events, and those get ids of their own, so that none repeats.
    static Result<void> settle(store::Store& store);

private:
    std::filesystem::path file_of(std::string_view id, const char* extension) const;
    Result<nlohmann::json> make(const std::string& reason);
    Result<nlohmann::json> describe(const std::string& id) const;
    std::vector<std::string> ids() const;
    std::vector<std::string> ids_of(const std::string& reason) const;
    bool erase(const std::string& id) const;
    Result<std::unique_ptr<store::LmdbStore>> prepared(const std::string& id) const;
    Result<nlohmann::json> put_back(const Caller& by, const std::string& id,
                                    const store::LmdbStore& from);

    store::LmdbStore& store_;
    Settings& settings_;
    const Journal& journal_;
    std::filesystem::path folder_;
    Check check_;
    Apply apply_;
    std::mutex
        working_;  ///< held by whoever makes one or puts one back; who reads waits for nobody
};

}  // namespace sluice::control
