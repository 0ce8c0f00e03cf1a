#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "flv_format.hpp"
#include "result.hpp"

namespace sluice::bench {

struct RtmpMessage {
    std::uint8_t type = 0;
    Bytes body;
};

/// Puts an RTMP server's messages together from its chunks. Knows the 64 chunk streams that fit
/// into one byte, which is all that servers use towards a publisher.
class ChunkReader {
public:
    void append(View bytes) { in_.insert(in_.end(), bytes.begin(), bytes.end()); }

    /// The next complete message; nothing when more bytes are needed. Set Chunk Size is obeyed and
    /// handed out too.
    Result<std::optional<RtmpMessage>> next();

private:
    struct ChunkStream {
        std::uint32_t length = 0;
        std::uint8_t type = 0;
        bool extended = false;
        Bytes body;
    };

    Result<std::size_t> read_chunk();
    std::optional<RtmpMessage> finish(ChunkStream& stream);

    Bytes in_;
    std::size_t chunk_size_ = 128;
    std::array<ChunkStream, 64> streams_{};
    std::size_t current_ = 0;
};

}  // namespace sluice::bench
