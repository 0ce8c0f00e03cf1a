#pragma once

#include "core/hub/slots.hpp"

namespace sluice::ngx {

/// This worker's viewers of each stream, of all protocols: keeps the slot's marks in the stream's
/// record.

/// Counts one viewer in. False when the record was reclaimed at that moment; nothing is counted
/// then.
bool enter_audience(hub::StreamRecord& stream, hub::Protocol protocol);
void leave_audience(hub::StreamRecord& stream, hub::Protocol protocol);

/// Counts those who want a wake-up at every tag. After the first one the caller must look at the
/// ring once.
void want_every_tag(hub::StreamRecord& stream, bool want);

/// Bytes sent to viewers of the stream.
void count_bytes_out(hub::StreamRecord& stream, std::uint64_t bytes);

}  // namespace sluice::ngx
