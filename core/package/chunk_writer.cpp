#include "chunk_writer.hpp"

namespace sluice::package {

void ChunkWriter::add(const media::AccessUnit& unit)
{
    if (samples_.empty()) decode_time_ = unit.dts;
    // Times that were told before are only guesses of when this unit comes: now it is known.
    if (!samples_.empty()) {
        const auto began =
            decode_time_ + static_cast<std::int64_t>(duration_) - samples_.back().duration;
        const auto lasted = static_cast<std::uint32_t>(unit.dts - began);
        duration_ += lasted - samples_.back().duration;
        samples_.back().duration = lasted;
    }
    samples_.push_back({.duration = unit.duration,
                        .size = static_cast<std::uint32_t>(unit.data.size()),
                        .composition = unit.composition,
                        .sync = unit.key});
    duration_ += unit.duration;
    media_.insert(media_.end(), unit.data.begin(), unit.data.end());
}

bool ChunkWriter::full() const
{
    if (part_target_ == 0 || samples_.empty()) return false;
    return duration_ + samples_.back().duration > part_target_;
}

Chunk ChunkWriter::take()
{
    Chunk chunk{.decode_time = decode_time_,
                .duration = duration_,
                .independent = samples_.front().sync,
                .bytes = {}};
    fmp4::append_fragment_head({.kind = kind_,
                                .sequence = ++sequence_,
                                .decode_time = static_cast<std::uint64_t>(decode_time_),
                                .samples = samples_},
                               chunk.bytes);
    chunk.bytes.insert(chunk.bytes.end(), media_.begin(), media_.end());
    samples_.clear();
    media_.clear();
    duration_ = 0;
    return chunk;
}

}  // namespace sluice::package
