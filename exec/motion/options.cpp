#include "options.hpp"

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <cstring>
#include <map>

namespace sluice::motion {
namespace {

using Given = std::map<std::string, std::string>;

constexpr const char* kNames[] = {"--area",   "--diff",   "--interval", "--max",
                                  "--before", "--folder", "--ffmpeg"};
constexpr int kLongestSeconds = 3600;

tl::expected<Given, std::string> pairs(const std::vector<std::string>& arguments)
{
    Given given;
    for (std::size_t i = 0; i < arguments.size(); i += 2) {
        const auto& name = arguments[i];
        bool known = false;
        for (const auto* option : kNames) known = known || name == option;
        if (!known) return tl::unexpected(name + ": no such option");
        if (i + 1 == arguments.size()) return tl::unexpected(name + ": its value is missing");
        given[name] = arguments[i + 1];
    }
    return given;
}

/// Reads options one after the other; the first that is wrong stays.
class Reader {
public:
    explicit Reader(const Given& given) : given_(given) {}

    int number(const char* name, int least, int most)
    {
        const auto value = text(name);
        int number = 0;
        const auto* end = value.data() + value.size();
        const auto [at, failed] = std::from_chars(value.data(), end, number);
        if (failed != std::errc() || at != end || number < least || number > most) {
            refuse(name, "\"" + value + "\" is no whole number from " + std::to_string(least) +
                             " to " + std::to_string(most));
        }
        return number;
    }

    std::int64_t seconds(const char* name, int least)
    {
        return std::int64_t{number(name, least, kLongestSeconds)} * 1000;
    }

    /// A path that we may use so.
    std::string path(const char* name, int use)
    {
        auto value = text(name);
        if (access(value.c_str(), use) != 0) refuse(name, value + ": " + std::strerror(errno));
        return value;
    }

    std::string text(const char* name)
    {
        const auto found = given_.find(name);
        if (found != given_.end()) return found->second;
        refuse(name, "is missing");
        return {};
    }

    void refuse(const char* name, const std::string& why)
    {
        if (error.empty()) error = std::string(name) + ": " + why;
    }

    std::string error;

private:
    const Given& given_;
};

}  // namespace

tl::expected<Options, std::string> parse_options(const std::vector<std::string>& arguments)
{
    const auto given = pairs(arguments);
    if (!given) return tl::unexpected(given.error());
    Reader reader(*given);
    Options options;
    options.area = reader.number("--area", 1, 100);
    options.difference = reader.number("--diff", 1, 255);
    options.interval_ms = reader.seconds("--interval", 1);
    options.max_ms = reader.seconds("--max", 1);
    if (given->contains("--before")) options.before_ms = reader.seconds("--before", 0);
    options.folder = reader.path("--folder", R_OK | W_OK | X_OK);
    options.ffmpeg = reader.path("--ffmpeg", X_OK);
    std::error_code error;
    if (!std::filesystem::is_directory(options.folder, error))
        reader.refuse("--folder", options.folder.string() + ": no folder");
    if (!reader.error.empty()) return tl::unexpected(reader.error);
    return options;
}

}  // namespace sluice::motion
