#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <tl/expected.hpp>

namespace sluice::motion {

/// `<name>.part`: a clip that is being written or finished. Locked for as long as somebody is at
/// it, so that nobody takes it for one that a killed program left behind.
class PartFile {
public:
    static constexpr const char* kEnding = ".part";

    /// A new one. The error is that of the system.
    static tl::expected<std::unique_ptr<PartFile>, std::string> create(
        const std::filesystem::path& folder, const std::string& name);
    /// One that is there; null when somebody is at it.
    static std::unique_ptr<PartFile> take_over(const std::filesystem::path& path);

    ~PartFile();
    PartFile(const PartFile&) = delete;
    PartFile& operator=(const PartFile&) = delete;

    const std::filesystem::path& path() const { return path_; }
    /// The folder, the name and another ending.
    std::filesystem::path beside(const std::string& ending) const;

    /// False when the disk does not take all of it; errno says why.
    bool append(std::span<const std::uint8_t> bytes) const;

private:
    PartFile(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}

    std::filesystem::path path_;
    int file_;
};

}  // namespace sluice::motion
