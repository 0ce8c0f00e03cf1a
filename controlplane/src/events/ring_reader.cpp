#include "ring_reader.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

#include "../log.hpp"
#include "../service/timestamp.hpp"

namespace sluice::control::events {
namespace {

constexpr std::chrono::milliseconds kTick{500};
/// A list of many streams takes nginx longer than a single answer.
constexpr std::chrono::milliseconds kListLimit{5000};

}  // namespace

RingReader::RingReader(store::Store& store, const Journal& journal,
                       const nginx::ControlSocket& nginx, const std::filesystem::path& socket)
    : nginx_(nginx), connection_(socket), recorder_(store, journal)
{}

RingReader::~RingReader()
{
    stop();
}

void RingReader::start()
{
    thread_ = std::thread([this] { run(); });
}

void RingReader::stop()
{
    stopping_ = true;
    connection_.wake();
    if (thread_.joinable()) thread_.join();
}

void RingReader::run()
{
    auto wait = kMinPause;
    bool loaded = false;
    while (!stopping_) {
        Result<void> done;
        try {
            done = loaded ? follow() : recorder_.load();
            loaded = loaded || done;
        } catch (const std::exception& e) {
            done = fail(Errc::internal, e.what());
        }
        wait = heard_ ? kMinPause : std::min(wait * 2, kMaxPause);
        heard_ = false;
        if (!done && done.error().code != Errc::unavailable) {
            log(Level::error, {{"msg", "the event ring can't be journalled; trying again"},
                               {"error", done.error().detail}});
        }
        if (!stopping_) pause(wait);
    }
}

void RingReader::pause(std::chrono::milliseconds time)
{
    const auto end = std::chrono::steady_clock::now() + time;
    while (!stopping_ && std::chrono::steady_clock::now() < end) {
        std::this_thread::sleep_for(std::min(time, kMinPause));
    }
}

/// One connection, from its begin to its end.
Result<void> RingReader::follow()
{
    const auto about = nginx_.get("/-/generation");
    if (!about) return tl::unexpected(about.error());
    const auto boot = about->value("boot", "");
    if (boot.empty()) return fail(Errc::unavailable, "nginx has no hub");
    if (auto done = recorder_.begin(boot, now_ms()); !done) return done;
    connection_.open(recorder_.position());
    bool open = true;
    while (open && !stopping_) {
        std::vector<Message> messages;
        bool same_ring = true;
        open = connection_.read(kTick, messages);
        if (auto done = record(messages, same_ring); !done) return done;
        open = open && same_ring;
    }
    return {};
}

Result<void> RingReader::record(const std::vector<Message>& messages, bool& same_ring)
{
    const auto settle = [this]() -> Result<void> {
        if (!recorder_.lost()) return {};
        const auto streams = nginx_.get("/-/streams", kListLimit);
        if (!streams) return tl::unexpected(streams.error());
        return recorder_.settle(*streams, now_ms());
    };
    if (auto done = settle(); !done) return done;
    for (const auto& message : messages) {
        heard_ = true;
        const auto same = recorder_.hear(message, now_ms());
        if (!same) return tl::unexpected(same.error());
        same_ring = *same;
        if (!same_ring) break;
        if (auto done = settle(); !done) return done;
    }
    return recorder_.flush(now_ms());
}

}  // namespace sluice::control::events
