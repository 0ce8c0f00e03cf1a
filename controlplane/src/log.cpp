#include "log.hpp"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <string>

#include "service/timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::ordered_json;

constexpr std::array<const char*, 3> kLevels{"info", "warn", "error"};

std::string timestamp_ms()
{
    using namespace std::chrono;
    const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
    auto text = format_timestamp(now / 1000);
    text.pop_back();
    char fraction[8];
    std::snprintf(fraction, sizeof fraction, ".%03dZ", static_cast<int>(now % 1000));
    return text + fraction;
}

}  // namespace

void log(Level level, ordered_json members)
{
    ordered_json line{{"ts", timestamp_ms()}, {"level", kLevels.at(static_cast<int>(level))}};
    line.update(members);
    const auto text = line.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
    // One write: the kernel keeps the lines of several threads apart. A log that can't be
    // written has nowhere to be reported.
    [[maybe_unused]] const auto sent = ::write(STDERR_FILENO, text.data(), text.size());
}

void log_message(Level level, std::string_view message)
{
    log(level, ordered_json{{"msg", message}});
}

}  // namespace sluice::control
