#pragma once

#include <cstdint>
#include <map>

#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

/// An error unless `bytes` are whole boxes with media data in them (ISO/IEC 14496-12, 4.2): what a
/// part has to be.
Result<void> check_boxes(View bytes);

/// The payloads of each PID in a row (ISO/IEC 13818-1, 2.4.3.2), so that a frame's first bytes
/// stand together; an error unless `segment` is whole packets.
Result<std::map<std::uint16_t, Bytes>> transport_payloads(View segment);

}  // namespace sluice::bench
