#include "writer.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <set>
#include <tuple>
#include <vector>

#include "files.hpp"

namespace sluice::archive {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kLongestFileMs = 10LL * 60 * 1000;
constexpr mode_t kFileMode = 0640;
constexpr mode_t kFolderMode = 0750;

tl::unexpected<Error> refused(std::string_view what)
{
    return tl::unexpected(Error{Errc::io, what});
}

/// A descriptor that closes itself.
class File {
public:
    File(const std::string& path, int flags)
        : fd_(::open(path.c_str(), flags | O_CLOEXEC, kFileMode))
    {}
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    ~File()
    {
        if (fd_ != -1) ::close(fd_);
    }
    explicit operator bool() const { return fd_ != -1; }
    int fd() const { return fd_; }
    std::uint64_t size() const
    {
        struct stat info {};
        return ::fstat(fd_, &info) == 0 ? static_cast<std::uint64_t>(info.st_size) : 0;
    }

private:
    int fd_;
};

bool write_all(int fd, const void* data, std::size_t size)
{
    const auto* next = static_cast<const char*>(data);
    while (size > 0) {
        const auto written = ::write(fd, next, size);
        if (written < 0 && errno == EINTR) continue;
        if (written <= 0) return false;
        next += written;
        size -= static_cast<std::size_t>(written);
    }
    return true;
}

/// Copies exactly `bytes`; false when they are not there or can't be written.
bool copy(int from, int to, std::uint64_t bytes)
{
    std::array<char, 256UL * 1024> buffer;
    while (bytes > 0) {
        const auto wanted = std::min<std::uint64_t>(bytes, buffer.size());
        const auto got = ::read(from, buffer.data(), wanted);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0 || !write_all(to, buffer.data(), static_cast<std::size_t>(got))) return false;
        bytes -= static_cast<std::uint64_t>(got);
    }
    return true;
}

/// Whole or not at all.
bool copy_file(const File& from, const std::string& path)
{
    const auto fresh = path + ".new";
    {
        const File to(fresh, O_WRONLY | O_CREAT | O_TRUNC);
        if (!to || !copy(from.fd(), to.fd(), from.size())) return false;
    }
    return ::rename(fresh.c_str(), path.c_str()) == 0;
}

struct Index {
    Header header{};
    std::vector<Record> records;
};

std::optional<Index> read_index(const std::string& folder)
{
    const File file(index_path(folder), O_RDONLY);
    Index index;
    if (!file || ::read(file.fd(), &index.header, sizeof(Header)) != ssize_t{sizeof(Header)})
        return std::nullopt;
    if (index.header.magic != kMagic || index.header.version != kVersion) return std::nullopt;
    Record record;
    while (::read(file.fd(), &record, sizeof(record)) == ssize_t{sizeof(record)}) {
        if (record.sum == sum_of(record)) index.records.push_back(record);
    }
    return index;
}

/// Readers tell it from the one before by `rewrites`.
bool write_index(const std::string& folder, Index& index)
{
    ++index.header.rewrites;
    const auto fresh = index_path(folder) + ".new";
    {
        const File file(fresh, O_WRONLY | O_CREAT | O_TRUNC);
        if (!file || !write_all(file.fd(), &index.header, sizeof(Header))) return false;
        if (!write_all(file.fd(), index.records.data(), index.records.size() * sizeof(Record)))
            return false;
    }
    return ::rename(fresh.c_str(), index_path(folder).c_str()) == 0;
}

/// Counts a segment that leaves the index.
void count_removed(Header& header, const SegmentRecord& segment)
{
    auto& last = header.last_period[segment.lane];
    if (last != 0 && last != segment.period) ++header.breaks[segment.lane];
    last = segment.period;
    ++header.removed[segment.lane];
}

/// Removes media that no record names.
void remove_unnamed(const std::string& folder, const Index& index)
{
    std::set<std::string> named;
    for (const auto& record : index.records) {
        if (record.kind != Kind::segment) continue;
        const auto lane = static_cast<package::Lane>(record.segment.lane);
        named.insert(media_name(record.segment.period, lane, record.segment.file));
        named.insert(init_name(record.segment.period, lane));
    }
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(folder, ignored)) {
        const auto name = file.path().filename().string();
        if (is_media_name(name) && !named.contains(name)) fs::remove(file.path(), ignored);
    }
}

}  // namespace

Result<void> Writer::begin()
{
    auto index = read_index(folder_);
    if (!index) index = Index{.header = {.magic = kMagic, .version = kVersion}, .records = {}};
    index->header.window_s = window_s_;
    // Anew, too, when it was there: a record that was half written would put all later ones out of
    // step.
    if (!write_index(folder_, *index)) return refused("index");
    period_ = 0;
    for (const auto& record : index->records) {
        if (record.kind == Kind::period) period_ = std::max(period_, record.period.id);
    }
    begun_ = true;
    open_.clear();
    return {};
}

Result<void> Writer::begin_period(const Kept& kept)
{
    if (kept.period.id == period_) return {};
    Record record{};
    record.kind = Kind::period;
    record.period = kept.period;
    record.sum = sum_of(record);
    if (auto done = append_record(record); !done) return done;
    period_ = kept.period.id;
    return {};
}

Result<void> Writer::begin_file(const Kept& kept)
{
    const auto lane = static_cast<package::Lane>(kept.segment.lane);
    const auto path = init_path(folder_, kept.segment.period, lane);
    const File from(kept.init, O_RDONLY);
    if (!from) return refused("initialisation segment");
    // What is kept already needs it: it is never opened for writing again.
    const bool there = File(path, O_RDONLY).size() == from.size();
    if (!there && !copy_file(from, path)) return refused("initialisation segment");
    open_[kept.segment.lane] = {kept.segment.period, kept.segment.sequence, kept.segment.wall_ms};
    return {};
}

Result<std::uint64_t> Writer::append_media(const Kept& kept, const Open& open) const
{
    const auto lane = static_cast<package::Lane>(kept.segment.lane);
    const File from(kept.media, O_RDONLY);
    const File to(media_path(folder_, open.period, lane, open.first),
                  O_WRONLY | O_CREAT | O_APPEND);
    if (!from || !to) return refused("media file");
    const auto offset = to.size();
    if (copy(from.fd(), to.fd(), kept.segment.bytes)) return offset;
    const auto reason = errno;
    (void)!::ftruncate(to.fd(), static_cast<off_t>(offset));
    errno = reason;
    return refused("media");
}

Result<void> Writer::append_record(const Record& record) const
{
    const File index(index_path(folder_), O_WRONLY | O_APPEND);
    if (!index) return refused("index");
    const auto before = index.size();
    if (write_all(index.fd(), &record, sizeof(record))) return {};
    const auto reason = errno;
    (void)!::ftruncate(index.fd(), static_cast<off_t>(before));
    errno = reason;
    return refused("index");
}

/// The publisher before may still be at it in another process: one writes at a time.
Result<void> Writer::keep(const Kept& kept)
{
    if (::access(folder_.c_str(), F_OK) != 0) {
        std::error_code ignored;
        fs::create_directories(fs::path(folder_).parent_path(), ignored);
        ::mkdir(folder_.c_str(), kFolderMode);
    }
    const File folder(folder_, O_RDONLY | O_DIRECTORY);
    if (!folder || ::flock(folder.fd(), LOCK_EX) != 0) return refused("folder");
    return keep_alone(kept);
}

Result<void> Writer::keep_alone(const Kept& kept)
{
    // It may have been removed since: nobody added to it for as long as its window is.
    if (!begun_ || ::access(index_path(folder_).c_str(), F_OK) != 0) {
        if (auto done = begin(); !done) return done;
    }
    if (auto done = begin_period(kept); !done) return done;
    auto& open = open_[kept.segment.lane];
    const bool next = open.period != kept.segment.period ||
                      kept.segment.wall_ms - open.began_ms >= kLongestFileMs;
    if (next) {
        if (auto done = begin_file(kept); !done) return done;
    }
    const auto offset = append_media(kept, open);
    if (!offset) return tl::unexpected(offset.error());
    Record record{};
    record.kind = Kind::segment;
    record.segment = kept.segment;
    record.segment.file = open.first;
    record.segment.offset = *offset;
    record.sum = sum_of(record);
    if (auto done = append_record(record); !done) return done;
    return next ? remove_old(kept.segment.wall_ms) : Result<void>();
}

/// Whole files at a time: a file goes when nothing in it is in the window any more.
Result<void> Writer::remove_old(std::int64_t now_ms) const
{
    auto index = read_index(folder_);
    if (!index) return refused("index");
    const auto oldest = now_ms - std::int64_t{window_s_} * 1000;
    std::set<std::tuple<std::uint32_t, std::uint64_t, std::uint64_t>> needed;
    std::set<std::uint64_t> periods{period_};
    for (const auto& record : index->records) {
        if (record.kind != Kind::segment) continue;
        const auto& s = record.segment;
        if (s.wall_ms + s.duration_us / 1000 >= oldest) needed.insert({s.lane, s.period, s.file});
    }
    std::vector<Record> left;
    for (const auto& record : index->records) {
        const auto& s = record.segment;
        if (record.kind != Kind::segment || needed.contains({s.lane, s.period, s.file})) {
            if (record.kind == Kind::segment) periods.insert(s.period);
            left.push_back(record);
        } else {
            count_removed(index->header, s);
        }
    }
    std::erase_if(left, [&](const Record& record) {
        return record.kind == Kind::period && !periods.contains(record.period.id);
    });
    if (left.size() == index->records.size()) return {};
    index->records = std::move(left);
    if (!write_index(folder_, *index)) return refused("index");
    remove_unnamed(folder_, *index);
    return {};
}

bool remove_if_outlived(const std::string& folder, std::int64_t now_ms)
{
    const File lock(folder, O_RDONLY | O_DIRECTORY);
    if (!lock || ::flock(lock.fd(), LOCK_EX | LOCK_NB) != 0) return false;  // somebody adds to it
    Header header{};
    struct stat info {};
    {
        const File file(index_path(folder), O_RDONLY);
        if (!file || ::read(file.fd(), &header, sizeof(header)) != ssize_t{sizeof(header)})
            return false;
        if (header.magic != kMagic || ::fstat(file.fd(), &info) != 0) return false;
    }
    const auto changed = std::int64_t{info.st_mtim.tv_sec} * 1000;
    if (now_ms - changed < std::int64_t{header.window_s} * 1000) return false;
    remove_unnamed(folder, {});
    ::unlink(index_path(folder).c_str());
    return ::rmdir(folder.c_str()) == 0;
}

}  // namespace sluice::archive
