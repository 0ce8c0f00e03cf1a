#pragma once

#include <cstdint>

namespace sluice::flv {

/// What an audio or video message carries.
enum class PacketKind : std::uint8_t {
    config,    ///< decoder configuration (sequence header)
    frame,     ///< one access unit
    end,       ///< end of sequence, no body
    metadata,  ///< colour information, channel layout or a player command: nothing to decode
};

}  // namespace sluice::flv
