#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

namespace sluice::control {

/// Looks names up. getaddrinfo() can't be ended, so it runs in a thread that is left behind when
/// nobody waits any longer: one for each name at a time, at most kMaxLookups. Thread-safe.
class Resolver {
public:
    static constexpr std::size_t kMaxLookups = 128;
    static constexpr std::size_t kMaxNames = 1000;  ///< known or being looked up
    static constexpr std::chrono::seconds kKnown{60};
    static constexpr std::chrono::seconds kUnknown{1};  ///< what leads nowhere is asked again soon

    using Addresses = std::vector<std::string>;
    using Lookup = std::function<Addresses(const std::string& name)>;

    /// `ended` is called after each lookup, from its thread: it must not block or call this.
    explicit Resolver(std::function<void()> ended = {}, Lookup lookup = system_lookup);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;

    /// Addresses as numbers: none when the name leads nowhere or too many are being looked up,
    /// nothing while it is being looked up.
    std::optional<Addresses> ask(const std::string& name);

    /// ask(), with the patience to wait up to `limit` or until `ending` asks to stop.
    std::optional<Addresses> wait(const std::string& name, std::chrono::milliseconds limit,
                                  const std::stop_token& ending);

    /// As the machine is set up to.
    static Addresses system_lookup(const std::string& name);

private:
    struct Shared;  ///< with the threads that were left behind

    static void look_up(const std::shared_ptr<Shared>& shared, const std::string& name);

    std::shared_ptr<Shared> shared_;
};

}  // namespace sluice::control
