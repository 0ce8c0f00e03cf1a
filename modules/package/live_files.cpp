#include "live_files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <unordered_map>

namespace sluice::ngx {
namespace {

constexpr std::int64_t kIdleMs = 1000;
constexpr std::size_t kMostOpen = 512;  // beyond that everybody has his own

struct Hash {
    std::size_t operator()(const LiveFileKey& key) const
    {
        constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15;
        auto mixed = key.run * kOdd + key.sequence;
        mixed = mixed * kOdd + key.period;
        return mixed * kOdd + static_cast<std::uint64_t>(key.lane);
    }
};

struct Open {
    std::shared_ptr<LiveFile> file;
    std::int64_t used_ms = 0;
};

std::unordered_map<LiveFileKey, Open, Hash> files;

std::shared_ptr<LiveFile> open(const std::string& path)
{
    const int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    return descriptor == -1 ? nullptr : std::make_shared<LiveFile>(descriptor);
}

}  // namespace

LiveFile::~LiveFile()
{
    ::close(descriptor_);
}

off_t LiveFile::size()
{
    struct stat info {};
    if (::fstat(descriptor_, &info) == 0) size_ = info.st_size;
    return size_;
}

std::shared_ptr<const std::string> LiveFile::read(off_t from, off_t bytes)
{
    const auto count = static_cast<std::size_t>(bytes);
    if (last_read_ && read_from_ == from && last_read_->size() == count) return last_read_;
    auto text = std::make_shared<std::string>(count, '\0');
    if (::pread(descriptor_, text->data(), count, from) != bytes) return nullptr;
    read_from_ = from;
    last_read_ = std::move(text);
    return last_read_;
}

std::shared_ptr<LiveFile> open_live_file(const LiveFileKey& key,
                                         const std::function<std::string()>& path)
{
    const auto now_ms = mono_ms();
    if (const auto found = files.find(key); found != files.end()) {
        found->second.used_ms = now_ms;
        return found->second.file;
    }
    auto file = open(path());
    if (file && files.size() < kMostOpen) files[key] = {file, now_ms};
    return file;
}

void close_idle_files(std::int64_t now_ms)
{
    std::erase_if(files,
                  [&](const auto& entry) { return now_ms - entry.second.used_ms > kIdleMs; });
}

}  // namespace sluice::ngx
