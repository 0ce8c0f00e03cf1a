#include "clip_name.hpp"

#include <ctime>

#include "core/base/date_time.hpp"

namespace sluice::motion {
namespace {

constexpr char kFormat[] = "%Y-%m-%dT%H-%M-%SZ";

}  // namespace

std::string clip_name(std::int64_t utc_ms,
                      const std::function<bool(const std::string& name)>& taken)
{
    auto time = utc_date_time(utc_ms);
    time.resize(time.find('.'));
    for (auto& character : time) {
        // Not every file system takes a colon.
        if (character == ':') character = '-';
    }
    time += 'Z';
    auto name = time;
    for (int number = 2; taken(name); ++number) name = time + '-' + std::to_string(number);
    return name;
}

std::optional<std::int64_t> clip_time(std::string_view name)
{
    std::tm parts{};
    if (strptime(std::string(name).c_str(), kFormat, &parts) == nullptr) return std::nullopt;
    return static_cast<std::int64_t>(timegm(&parts)) * 1000;
}

}  // namespace sluice::motion
