#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

namespace sluice::control::nginx {

/// What nginx calls fatal in `text`, without its decoration; empty when there is nothing.
std::string fatal_lines(const std::string& text);

/// A place in nginx's error log, to find out what came after it.
class ErrorLogMark {
public:
    /// The end of `file` as it is now.
    explicit ErrorLogMark(std::filesystem::path file);

    /// The fatal lines since then.
    std::string fatal() const;

private:
    std::filesystem::path file_;
    std::uintmax_t from_ = 0;
};

}  // namespace sluice::control::nginx
