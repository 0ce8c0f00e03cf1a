#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/package/window.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Which file of which live window. A run's number is never another stream's.
struct LiveFileKey {
    static constexpr std::uint64_t kInit = ~std::uint64_t{0};

    std::uint64_t run = 0;
    std::uint64_t period = 0;
    std::uint64_t sequence = 0;  ///< kInit: the initialisation segment
    package::Lane lane{};

    bool operator==(const LiveFileKey&) const = default;
};

/// A file of a live window that this worker has open. It may grow; what was written never changes.
class LiveFile {
public:
    /// Owns the descriptor and closes it.
    explicit LiveFile(int descriptor) : descriptor_(descriptor) {}
    LiveFile(const LiveFile&) = delete;
    LiveFile& operator=(const LiveFile&) = delete;
    ~LiveFile();

    int descriptor() const { return descriptor_; }
    /// Bytes it has now; those it had before when it can't be asked.
    off_t size();
    /// Whether it has so many bytes by now.
    bool reaches(off_t end) { return end <= size_ || end <= size(); }

    /// The stretch, read once for all who ask for it one after another. nullptr when the file is
    /// shorter.
    std::shared_ptr<const std::string> read(off_t from, off_t bytes);

private:
    int descriptor_;
    off_t size_ = 0;  ///< when it was looked at last
    off_t read_from_ = 0;
    std::shared_ptr<const std::string> last_read_;
};

/// The file, opened once for all who want it at about the same time: the parts of a live stream are
/// asked for by all its viewers at once. nullptr when it is gone.
std::shared_ptr<LiveFile> open_live_file(const LiveFileKey& key,
                                         const std::function<std::string()>& path);

/// Lets go of files that nobody asked for lately: a removed file takes memory for as long as
/// somebody has it open.
void close_idle_files(std::int64_t now_ms);

}  // namespace sluice::ngx
