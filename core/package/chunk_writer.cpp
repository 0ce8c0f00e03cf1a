#include "chunk_writer.hpp"

#include <algorithm>
#include <utility>

namespace sluice::package {

/// Times that were told before are only guesses of when the next unit comes: now it is known.
void ChunkWriter::stretch_to(std::int64_t dts)
{
    auto& last = samples_.back();
    const auto began = decode_time_ + static_cast<std::int64_t>(duration_) - last.duration;
    const auto lasted = static_cast<std::uint32_t>(dts - began);
    duration_ = duration_ - last.duration + lasted;
    last.duration = lasted;
}

/// Clocks of encoders are followed by a few ticks a frame; a part does not lose a frame for that.
std::uint64_t ChunkWriter::limit(std::uint32_t frame) const
{
    constexpr std::uint64_t kSlack = 64;  // a part of the target
    return part_target_ + std::min<std::uint64_t>(part_target_ / kSlack, frame / 2);
}

std::optional<Chunk> ChunkWriter::add(const media::AccessUnit& unit)
{
    std::optional<Chunk> late;
    if (!samples_.empty()) {
        const auto length = static_cast<std::uint64_t>(unit.dts - decode_time_) + unit.duration;
        if (part_target_ != 0 && length > limit(unit.duration)) {
            late = take();
        } else {
            stretch_to(unit.dts);
        }
    }
    if (samples_.empty()) decode_time_ = unit.dts;
    samples_.push_back({.duration = unit.duration,
                        .size = static_cast<std::uint32_t>(unit.data.size()),
                        .composition = unit.composition,
                        .sync = unit.key});
    duration_ += unit.duration;
    media_.insert(media_.end(), unit.data.data(), unit.data.data() + unit.data.size());
    return late;
}

bool ChunkWriter::full() const
{
    if (part_target_ == 0 || samples_.empty()) return false;
    const auto like_the_last = samples_.back().duration;
    return duration_ + like_the_last > limit(like_the_last);
}

Chunk ChunkWriter::take()
{
    Chunk chunk{.decode_time = decode_time_,
                .duration = duration_,
                .independent = samples_.front().sync,
                .head = std::move(head_),
                .media = std::move(media_)};
    fmp4::append_fragment_head({.kind = kind_,
                                .sequence = ++sequence_,
                                .decode_time = static_cast<std::uint64_t>(decode_time_),
                                .samples = samples_},
                               chunk.head);
    samples_.clear();
    head_ = {};
    media_ = {};
    duration_ = 0;
    return chunk;
}

void ChunkWriter::reuse(Chunk&& chunk)
{
    head_ = std::move(chunk.head);
    head_.clear();
    if (!media_.empty() || media_.capacity() >= chunk.media.capacity()) return;
    media_ = std::move(chunk.media);
    media_.clear();
}

}  // namespace sluice::package
