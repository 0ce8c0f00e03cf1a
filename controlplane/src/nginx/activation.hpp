#pragma once

#include <sys/types.h>
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>

#include "control_socket.hpp"
#include "error_log.hpp"
#include "generations.hpp"

namespace sluice::control::nginx {

/// Brings a configuration into force without ever taking nginx down: render, `nginx -t`, bind
/// check, switch of the link, SIGHUP, confirmation by the workers; or back to what was before. One
/// call at a time.
class Activation {
public:
    /// How a change ended. Told once of each that was one.
    enum class Outcome : std::uint8_t { in_force, refused, rolled_back };
    using Told = std::function<void(Outcome)>;

    /// `nginx` must outlive this.
    Activation(Places places, const ControlSocket& nginx, Told told = {});

    /// Answers the number of the generation that is in force afterwards; the same as before when
    /// `wanted` changes nothing. While nginx is not running (before the first start) it is written
    /// down to be started with. Errors: conflict with the reason (port in use, refused by nginx,
    /// not confirmed in time): what was in force stays.
    Result<std::uint32_t> apply(const Configuration& wanted);

    /// Before nginx starts, instead of apply(): `wanted` can't work on this machine, for this
    /// `reason`. Writes it down as failed, and has nginx start with the last configuration that was
    /// confirmed. False when there is none.
    bool keep_last(const Configuration& wanted, const std::string& reason);

    /// The master process of DIR/run/nginx.pid, if it is alive.
    std::optional<pid_t> master() const;

    const Generations& generations() const { return generations_; }
    const Places& places() const { return places_; }

private:
    Result<std::uint32_t> bring_in(const Configuration& wanted, Outcome& outcome);
    Result<void> check_ports(const Configuration& wanted) const;
    Result<void> check_syntax(std::uint32_t number) const;
    Result<void> reload(pid_t master, std::uint32_t number, std::uint32_t workers);
    Result<void> confirm(std::uint32_t number, std::uint32_t workers, const ErrorLogMark& before);
    bool confirmed(std::uint32_t number, std::uint32_t workers) const;
    Result<void> switch_and_reload(const Generation& made, const Configuration& wanted);
    void roll_back(std::uint32_t number);

    Places places_;
    const ControlSocket& nginx_;
    Generations generations_;
    Told told_;
};

}  // namespace sluice::control::nginx
