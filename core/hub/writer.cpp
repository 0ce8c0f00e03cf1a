#include "writer.hpp"

#include <algorithm>
#include <cstring>

#include "seqlock.hpp"

namespace sluice::hub {
namespace {

std::uint64_t end_of(const Zone& zone, const RingHeader& ring, std::uint64_t seq)
{
    if (seq == 0) return 0;
    const auto& last = zone.descriptor(ring, seq - 1);
    return last.offset + last.size;
}

/// Copies `piece` to absolute offset `at`, in two parts where the ring wraps.
void copy_in(std::uint8_t* bytes, std::uint64_t capacity, std::uint64_t at,
             std::span<const std::uint8_t> piece)
{
    const auto from = at % capacity;
    const auto first = std::min<std::uint64_t>(piece.size(), capacity - from);
    if (piece.empty()) return;
    std::memcpy(bytes + from, piece.data(), first);
    if (first < piece.size()) std::memcpy(bytes, piece.data() + first, piece.size() - first);
}

}  // namespace

Result<void> Writer::append(std::span<const std::span<const std::uint8_t>> pieces,
                            const TagFacts& facts)
{
    std::uint64_t size = 0;
    for (const auto& piece : pieces) size += piece.size();
    if (size == 0 || size > largest_tag())
        return tl::unexpected(Error{Errc::limit, "hub tag size"});

    make_room(size);
    const auto seq = ring_->head_seq.load(std::memory_order_relaxed);
    const auto offset = end_of(zone_, *ring_, seq);
    auto at = offset;
    for (const auto& piece : pieces) {
        copy_in(zone_.bytes(*ring_), ring_->bytes, at, piece);
        at += piece.size();
    }
    zone_.descriptor(*ring_, seq) = {.offset = offset,
                                     .arrival_us = facts.arrival_us,
                                     .dts_ms = facts.dts_ms,
                                     .size = static_cast<std::uint32_t>(size),
                                     .type = facts.type,
                                     .flags = facts.flags,
                                     .reserved = 0};
    ring_->head_seq.store(seq + 1, std::memory_order_release);
    note_track(facts.type);
    if (facts.flags & kKey) ring_->newest_key.store(seq + 1, std::memory_order_release);
    ring_->bytes_in.store(ring_->bytes_in.load(std::memory_order_relaxed) + size,
                          std::memory_order_relaxed);
    ring_->tags_in.store(ring_->tags_in.load(std::memory_order_relaxed) + 1,
                         std::memory_order_relaxed);
    return {};
}

std::span<const std::uint8_t> Writer::newest_tag(std::vector<std::uint8_t>& scratch) const
{
    const auto head = ring_->head_seq.load(std::memory_order_relaxed);
    if (head == ring_->base_seq.load(std::memory_order_relaxed)) return {};
    const auto& tag = zone_.descriptor(*ring_, head - 1);
    const auto at = tag.offset % ring_->bytes;
    const auto* bytes = zone_.bytes(*ring_);
    if (at + tag.size <= ring_->bytes) return {bytes + at, tag.size};
    const auto first = ring_->bytes - at;
    scratch.assign(bytes + at, bytes + ring_->bytes);
    scratch.insert(scratch.end(), bytes, bytes + (tag.size - first));
    return scratch;
}

void Writer::note_track(std::uint8_t type)
{
    constexpr std::uint8_t kAudio = 8,
                           kVideo =
                               9;  // flv::TagType; the hub knows no more of FLV than its tag header
    const auto track = type == kVideo ? kVideoTrack : type == kAudio ? kAudioTrack : 0;
    const auto known = ring_->tracks.load(std::memory_order_relaxed);
    if ((known & track) != track) ring_->tracks.store(known | track, std::memory_order_release);
}

/// Gives up the oldest tags. Readers that still look at them find tail_seq past their tag when they
/// check after reading.
void Writer::make_room(std::uint64_t size)
{
    const auto head = ring_->head_seq.load(std::memory_order_relaxed);
    const auto end = end_of(zone_, *ring_, head) + size;
    auto tail = ring_->tail_seq.load(std::memory_order_relaxed);
    const auto before = tail;
    while (tail < head && (end - zone_.descriptor(*ring_, tail).offset > ring_->bytes ||
                           head + 1 - tail > ring_->descriptors)) {
        ++tail;
    }
    if (tail == before) return;
    if (const auto key = ring_->newest_key.load(std::memory_order_relaxed);
        key != 0 && key - 1 < tail) {
        ring_->newest_key.store(0, std::memory_order_relaxed);
    }
    ring_->tail_seq.store(tail, std::memory_order_relaxed);
    // The new tail must be visible before the first byte of an old tag changes.
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

Result<void> Writer::set_config(ConfigKind kind, std::span<const std::uint8_t> tag)
{
    if (tag.size() > kConfigBytes) return tl::unexpected(Error{Errc::limit, "hub config tag"});
    seq_write(ring_->config_lock, [&] {
        auto& config = ring_->config[static_cast<std::size_t>(kind)];
        if (!tag.empty()) std::memcpy(config.bytes, tag.data(), tag.size());
        config.size = static_cast<std::uint32_t>(tag.size());
    });
    return {};
}

std::uint64_t Writer::group_bytes() const
{
    const auto head = ring_->head_seq.load(std::memory_order_relaxed);
    const auto key = ring_->newest_key.load(std::memory_order_relaxed);
    const auto from = key != 0 ? key - 1
                               : std::max(ring_->base_seq.load(std::memory_order_relaxed),
                                          ring_->tail_seq.load(std::memory_order_relaxed));
    if (from >= head) return 0;
    return end_of(zone_, *ring_, head) - zone_.descriptor(*ring_, from).offset;
}

}  // namespace sluice::hub
