#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>

#include "core/channel/hook.hpp"

namespace sluice::control::ffmpeg {

/// What a process may use.
struct TaskSize {
    std::uint32_t cpu_units = 0;  ///< 1024 are a core
    std::uint32_t memory_mb = 0;

    /// As many as have something to do.
    std::size_t threads() const { return cpu_units <= 1024 ? 1 : (cpu_units + 1023) / 1024; }

    void bound(channel::Hook& hook) const
    {
        hook.cpu_units = cpu_units;
        hook.memory_mb = memory_mb;
    }
};

/// `task_sizes.<job>` of a channel.
TaskSize task_size(const nlohmann::json& channel, const char* job);

}  // namespace sluice::control::ffmpeg
