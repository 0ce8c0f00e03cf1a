#include "error_log.hpp"

#include <algorithm>
#include <fstream>
#include <sstream>

namespace sluice::control::nginx {

namespace fs = std::filesystem;

std::string fatal_lines(const std::string& text)
{
    std::string found;
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
        const auto at = line.find("[emerg] ");
        if (at == std::string::npos) continue;
        line.erase(0, at + 8);
        // In the log file the process comes first: "123#123: ".
        if (const auto colon = line.find("#"); colon != std::string::npos && colon < 10) {
            line.erase(0, std::min(line.size(), line.find(": ", colon) + 2));
        }
        if (line == "still could not bind()" && !found.empty()) continue;
        if (found.find(line) != std::string::npos) continue;
        found += (found.empty() ? "" : "; ") + line;
    }
    return found;
}

ErrorLogMark::ErrorLogMark(fs::path file) : file_(std::move(file))
{
    std::error_code error;
    const auto size = fs::file_size(file_, error);
    from_ = error ? 0 : size;
}

std::string ErrorLogMark::fatal() const
{
    std::ifstream in(file_, std::ios::binary);
    in.seekg(static_cast<std::streamoff>(from_));
    std::ostringstream text;
    text << in.rdbuf();
    return fatal_lines(std::move(text).str());
}

}  // namespace sluice::control::nginx
