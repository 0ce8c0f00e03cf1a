#include "snapshot_writer.hpp"

#include <fcntl.h>

#include <charconv>
#include <string>
#include <system_error>

#include "core/channel/file.hpp"
#include "core/channel/lmdb.hpp"
#include "core/channel/snapshot.hpp"

namespace sluice::channel {
namespace {

namespace fs = std::filesystem;

// Only address space: the file is as long as what was written.
constexpr std::size_t kMapBytes = std::size_t{4} << 30;
// Owner and group: the workers run as the same user or in its group, and the records hold keys.
constexpr unsigned kMode = 0640;

tl::unexpected<Error> failed(int code, std::string_view where)
{
    switch (code) {
        case MDB_KEYEXIST:  // MDB_APPEND found the key not above the last one
            return tl::unexpected(Error{Errc::out_of_order, where});
        case MDB_MAP_FULL:
        case MDB_BAD_VALSIZE:
            return tl::unexpected(Error{Errc::limit, where});
        default:
            return tl::unexpected(Error{Errc::io, where});
    }
}

Result<Env> open_for_writing(const fs::path& path)
{
    MDB_env* raw = nullptr;
    if (const int rc = mdb_env_create(&raw); rc != 0) return failed(rc, "snapshot environment");
    Env env(raw);
    mdb_env_set_mapsize(raw, kMapBytes);
    constexpr unsigned flags = MDB_NOSUBDIR | MDB_NOLOCK | MDB_NOSYNC;
    if (const int rc = mdb_env_open(raw, path.c_str(), flags, kMode); rc != 0) {
        return failed(rc, "open snapshot");
    }
    return env;
}

Result<void> fill(MDB_txn* txn, const NextRecord& next)
{
    MDB_dbi dbi = 0;
    if (const int rc = mdb_dbi_open(txn, nullptr, 0, &dbi); rc != 0) {
        return failed(rc, "snapshot database");
    }
    std::string pulled;
    const auto put = [&](std::string_view id, std::string_view bytes) {
        // LMDB takes them through non-const pointers and only reads.
        MDB_val key{id.size(), const_cast<char*>(id.data())};
        MDB_val value{bytes.size(), const_cast<char*>(bytes.data())};
        return mdb_put(txn, dbi, &key, &value, MDB_APPEND);
    };
    while (const auto record = next()) {
        const auto bytes = record->bytes;
        const auto rc =
            put(record->id, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
        if (rc != 0) return failed(rc, "snapshot record");
        if (has_pull(bytes)) pulled.append(record->id).append("\n");
    }
    if (pulled.empty()) return {};
    if (const int rc = put(kPulledKey, pulled); rc != 0) return failed(rc, "snapshot record");
    return {};
}

Result<void> write_records(const fs::path& path, const NextRecord& next)
{
    const auto env = open_for_writing(path);
    if (!env) return tl::unexpected(env.error());
    MDB_txn* raw = nullptr;
    if (const int rc = mdb_txn_begin(env->get(), nullptr, 0, &raw); rc != 0) {
        return failed(rc, "snapshot transaction");
    }
    Txn txn(raw);
    if (const auto done = fill(raw, next); !done) return done;
    if (const int rc = mdb_txn_commit(txn.release()); rc != 0) return failed(rc, "snapshot commit");
    return {};
}

Result<void> write_text(const fs::path& path, std::string_view text)
{
    const auto file = File::open(path, O_WRONLY | O_CREAT | O_TRUNC, kMode);
    if (!file) return tl::unexpected(file.error());
    if (const auto done = file->write_all(text); !done) return done;
    return file->sync();
}

Result<void> move(const fs::path& from, const fs::path& to)
{
    std::error_code error;
    fs::rename(from, to, error);
    if (error) return tl::unexpected(Error{Errc::io, "rename into place"});
    return {};
}

/// Syncs what was written and describes it.
Result<Manifest> seal(const fs::path& path, std::uint64_t generation)
{
    const auto file = File::open(path, O_RDONLY);
    if (!file) return tl::unexpected(file.error());
    const auto size = file->size();
    if (!size) return tl::unexpected(size.error());
    file->begin_sync();
    auto hash = sha256_of(*file);
    if (!hash) return tl::unexpected(hash.error());
    if (const auto done = file->sync(); !done) return tl::unexpected(done.error());
    return Manifest{.generation = generation,
                    .file = snapshot_file_name(generation),
                    .size = *size,
                    .sha256 = std::move(*hash)};
}

Result<void> put_into_force(const fs::path& dir, const fs::path& written, const Manifest& manifest)
{
    const auto temporary = dir / ".manifest.json.new";
    if (const auto done = write_text(temporary, to_json(manifest)); !done) return done;
    if (const auto done = move(written, dir / manifest.file); !done) return done;
    if (const auto done = move(temporary, dir / kManifestName); !done) return done;
    const auto folder = File::open(dir, O_RDONLY | O_DIRECTORY);
    if (!folder) return tl::unexpected(folder.error());
    return folder->sync();
}

std::optional<std::uint64_t> generation_of(std::string_view name)
{
    std::uint64_t generation = 0;
    constexpr std::string_view head = "channels-";
    if (!name.starts_with(head)) return std::nullopt;
    std::from_chars(name.data() + head.size(), name.data() + name.size(), generation);
    if (name != snapshot_file_name(generation)) return std::nullopt;
    return generation;
}

/// What can't be removed now is tried again after the next snapshot; it costs only disk.
void remove_all_but(const fs::path& dir, std::uint64_t current, std::uint64_t previous)
{
    std::error_code error;
    for (fs::directory_iterator it(dir, error), end; !error && it != end; it.increment(error)) {
        const auto generation = generation_of(it->path().filename().native());
        if (!generation || *generation == current || *generation == previous) continue;
        std::error_code ignored;
        fs::remove(it->path(), ignored);
    }
}

}  // namespace

Result<Manifest> write_snapshot(const fs::path& dir, std::uint64_t generation,
                                const NextRecord& next, const std::string& source)
{
    const auto before = read_manifest(dir);
    if (before && before->generation >= generation) {
        return tl::unexpected(Error{Errc::out_of_order, "snapshot generation"});
    }
    const auto temporary = dir / ".channels.mdb.new";
    std::error_code error;
    fs::remove(temporary, error);  // a writer that was killed leaves it
    auto manifest =
        write_records(temporary, next).and_then([&] { return seal(temporary, generation); });
    if (!manifest) {
        fs::remove(temporary, error);
        return manifest;
    }
    manifest->source = source;
    if (const auto done = put_into_force(dir, temporary, *manifest); !done) {
        return tl::unexpected(done.error());
    }
    remove_all_but(dir, generation, before ? before->generation : generation);
    return manifest;
}

}  // namespace sluice::channel
