#include "snapshot.hpp"

#include <fcntl.h>

#include "core/channel/file.hpp"
#include "core/channel/lmdb.hpp"
#include "core/channel/manifest.hpp"

namespace sluice::channel {
namespace {

namespace fs = std::filesystem;

// The writer may remove a file between our reading of the manifest and of the file: then there is a
// newer manifest.
constexpr int kTries = 3;

tl::unexpected<Error> malformed(std::string_view where)
{
    return tl::unexpected(Error{Errc::malformed, where});
}

Result<void> check(const fs::path& path, const Manifest& manifest)
{
    const auto file = File::open(path, O_RDONLY | O_NONBLOCK);
    if (!file) return tl::unexpected(file.error());
    const auto size = file->size();
    if (!size) return tl::unexpected(size.error());
    if (*size != manifest.size) return malformed("snapshot size");
    const auto hash = sha256_of(*file);
    if (!hash) return tl::unexpected(hash.error());
    if (*hash != manifest.sha256) return malformed("snapshot sha256");
    return {};
}

/// A manifest can be right about a file that LMDB's header is wrong about: no page may lie behind
/// the end.
bool pages_within(MDB_env* env, std::uint64_t size)
{
    MDB_envinfo info{};
    MDB_stat stat{};
    if (mdb_env_info(env, &info) != 0 || mdb_env_stat(env, &stat) != 0) return false;
    return stat.ms_psize != 0 && info.me_last_pgno < size / stat.ms_psize;
}

/// Maps what check() found whole. The file never changes under its name, so it is still the one
/// that was checked.
Result<Env> map(const fs::path& path, std::uint64_t size)
{
    MDB_env* raw = nullptr;
    if (mdb_env_create(&raw) != 0) return tl::unexpected(Error{Errc::io, "snapshot environment"});
    Env env(raw);
    mdb_env_set_mapsize(raw, size);
    constexpr unsigned flags = MDB_RDONLY | MDB_NOLOCK | MDB_NOSUBDIR;
    const int rc = mdb_env_open(raw, path.c_str(), flags, 0);
    if (rc > 0) return tl::unexpected(Error{Errc::io, "open snapshot"});  // errno, not LMDB's own
    if (rc != 0) return malformed("snapshot header");
    if (!pages_within(raw, size)) return malformed("snapshot pages");
    return env;
}

}  // namespace

void Snapshot::Close::operator()(MDB_txn* txn) const
{
    auto* env = mdb_txn_env(txn);
    mdb_txn_abort(txn);
    mdb_env_close(env);
}

Result<Snapshot> Snapshot::open(const fs::path& dir)
{
    for (int left = kTries;; --left) {
        auto snapshot = open_once(dir);
        if (snapshot || snapshot.error().code != Errc::io || left <= 1) return snapshot;
    }
}

Result<Snapshot> Snapshot::open_once(const fs::path& dir)
{
    const auto manifest = read_manifest(dir);
    if (!manifest) return tl::unexpected(manifest.error());
    const auto path = dir / manifest->file;
    if (const auto whole = check(path, *manifest); !whole) return tl::unexpected(whole.error());
    auto env = map(path, manifest->size);
    if (!env) return tl::unexpected(env.error());

    MDB_txn* txn = nullptr;
    if (mdb_txn_begin(env->get(), nullptr, MDB_RDONLY, &txn) != 0) {
        return malformed("snapshot root");
    }
    Snapshot snapshot;
    snapshot.generation_ = manifest->generation;
    snapshot.source_ = manifest->source;
    snapshot.txn_.reset(txn);
    (void)env->release();  // from here on the transaction's
    if (mdb_dbi_open(txn, nullptr, 0, &snapshot.dbi_) != 0) return malformed("snapshot database");
    return snapshot;
}

Result<std::optional<std::span<const std::uint8_t>>> Snapshot::record(std::string_view id) const
{
    MDB_val key{id.size(), const_cast<char*>(id.data())};  // LMDB only reads it
    MDB_val value{};
    const int rc = mdb_get(txn_.get(), dbi_, &key, &value);
    if (rc == MDB_NOTFOUND || rc == MDB_BAD_VALSIZE) return std::nullopt;
    if (rc != 0) return tl::unexpected(Error{Errc::io, "snapshot lookup"});
    return std::span(static_cast<const std::uint8_t*>(value.mv_data), value.mv_size);
}

Result<std::optional<Channel>> Snapshot::find(std::string_view id) const
{
    const auto bytes = record(id);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return std::nullopt;
    auto channel = decode(**bytes);
    if (!channel) return tl::unexpected(channel.error());
    if (channel->id != id) return malformed("snapshot record id");
    return std::optional(std::move(*channel));
}

Result<std::vector<Hook>> Snapshot::find_hooks(std::string_view id) const
{
    const auto bytes = record(id);
    if (!bytes) return tl::unexpected(bytes.error());
    if (!*bytes) return std::vector<Hook>();
    return decode_hooks(**bytes);
}

Result<std::vector<std::string>> Snapshot::pulled() const
{
    const auto bytes = record(kPulledKey);
    if (!bytes) return tl::unexpected(bytes.error());
    std::vector<std::string> ids;
    if (!*bytes) return ids;
    std::string_view text(reinterpret_cast<const char*>((*bytes)->data()), (*bytes)->size());
    for (auto end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
        ids.emplace_back(text.substr(0, end));
        text.remove_prefix(end + 1);
    }
    return ids;
}

Result<void> Snapshot::each(
    const std::function<void(std::string_view, std::span<const std::uint8_t>)>& take) const
{
    MDB_cursor* raw = nullptr;
    if (mdb_cursor_open(txn_.get(), dbi_, &raw) != 0) {
        return tl::unexpected(Error{Errc::io, "snapshot cursor"});
    }
    const std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)> cursor(raw, &mdb_cursor_close);
    MDB_val key{};
    MDB_val value{};
    int rc = 0;
    while ((rc = mdb_cursor_get(raw, &key, &value, MDB_NEXT)) == 0) {
        const std::string_view id(static_cast<const char*>(key.mv_data), key.mv_size);
        if (id == kPulledKey) continue;
        take(id, {static_cast<const std::uint8_t*>(value.mv_data), value.mv_size});
    }
    if (rc != MDB_NOTFOUND) return tl::unexpected(Error{Errc::io, "snapshot cursor"});
    return {};
}

std::size_t Snapshot::size() const
{
    MDB_stat stat{};
    if (mdb_stat(txn_.get(), dbi_, &stat) != 0) return 0;
    const auto list = record(kPulledKey);
    return stat.ms_entries - (list && *list ? 1 : 0);
}

}  // namespace sluice::channel
