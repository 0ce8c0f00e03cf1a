#pragma once

#include <cstdint>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "configuration.hpp"

namespace sluice::control::nginx {

/// One folder of DIR/nginx, as its about.json describes it.
struct Generation {
    enum class State : std::uint8_t {
        in_force,  ///< nginx runs on it, or will start with it
        replaced,  ///< was in force once
        failed     ///< never was: `reason` says why
    };

    std::uint32_t number = 0;
    std::int64_t created_at_s = 0;
    State state = State::replaced;
    std::string reason;
    bool at_start = false;   ///< it failed when nginx was to start with it
    bool confirmed = false;  ///< nginx's workers have reported it once
    Ports ports;
    std::uint16_t rtmps_inner = 0;
    Hub hub;
};

/// The folders DIR/nginx/gen-NNNNNN, each with one complete configuration, and the link `current`
/// to the one that nginx starts with and reads again on SIGHUP. The newest 20 are kept.
class Generations {
public:
    explicit Generations(std::filesystem::path folder) : folder_(std::move(folder)) {}

    const std::filesystem::path& folder() const { return folder_; }
    std::filesystem::path path_of(std::uint32_t number) const;

    /// What `current` points to; 0 before the first.
    std::uint32_t current() const;
    std::optional<Generation> find(std::uint32_t number) const;

    /// Renders `wanted` into a new folder which is not in force yet.
    Result<Generation> add(const Configuration& wanted, const Places& places);

    /// Whether generation `number` is what `wanted` would be rendered to.
    bool holds(std::uint32_t number, const Configuration& wanted, const Places& places) const;

    /// Keeps what generation `number` was made of beside it, readable by its owner only: it holds
    /// secrets.
    void remember(std::uint32_t number, const nlohmann::json& origin) const;

    /// What was kept; null when nothing was.
    nlohmann::json origin(std::uint32_t number) const;

    /// The configuration as nginx reads it.
    std::optional<std::string> text(std::uint32_t number) const;

    /// Points `current` to it, in one step.
    Result<void> switch_to(std::uint32_t number);

    void mark_failed(Generation generation, const std::string& reason);
    void mark_failed_at_start(Generation generation, const std::string& reason);
    void mark_confirmed(std::uint32_t number);

    /// The newest that nginx's workers have reported; 0 when there is none.
    std::uint32_t last_confirmed() const;

    /// Why nginx did not start with the newest configuration but with the one in force; nothing
    /// when it did.
    std::optional<std::string> fallen_back() const;

    /// Removes the oldest beyond those that are kept; never the one in force, nor the last one that
    /// was confirmed.
    void prune();

    /// Newest first.
    std::vector<Generation> list() const;

private:
    std::vector<std::uint32_t> numbers() const;
    void write_about(const Generation& generation) const;

    std::filesystem::path folder_;
};

}  // namespace sluice::control::nginx
