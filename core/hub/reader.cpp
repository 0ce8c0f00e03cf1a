#include "reader.hpp"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

#include "seqlock.hpp"

namespace sluice::hub {
namespace {

/// FLV tag header, Adobe FLV 10.1 E.4.1: timestamp in bytes 4–6, its upper 8 bits in byte 7.
void stamp_tag(std::uint8_t* tag, std::int64_t dts_ms)
{
    const auto ms = static_cast<std::uint32_t>(dts_ms);
    tag[4] = static_cast<std::uint8_t>(ms >> 16);
    tag[5] = static_cast<std::uint8_t>(ms >> 8);
    tag[6] = static_cast<std::uint8_t>(ms);
    tag[7] = static_cast<std::uint8_t>(ms >> 24);
}

bool holds(const RingHeader& ring, std::uint64_t epoch)
{
    return ring.epoch.load(std::memory_order_acquire) == epoch && ring.linked.load(std::memory_order_acquire) != 0;
}

}  // namespace

Sight Reader::look(std::uint64_t max, Stretch& out)
{
    constexpr int kAttempts = 8;  // each lost race means that the writer moved on meanwhile
    for (int i = 0; i < kAttempts; ++i) {
        const auto place = find_place();
        if (place == Place::wait) return Sight::wait;
        if (place == Place::ended) return Sight::ended;
        if (seq_ < ring_->tail_seq.load(std::memory_order_acquire)) {
            if (within_ != 0) return Sight::overrun;
            seek_key();
            continue;
        }
        if (cut(limit_, max, out)) return Sight::tags;
    }
    return Sight::wait;
}

/// Decides which ring to read and how far. Reads the head first and the stream's current epoch after it: a head seen while
/// the epoch was still ours holds no tag that a frozen old owner wrote after it was replaced.
Reader::Place Reader::find_place()
{
    for (;;) {
        const auto head = ring_ != nullptr ? ring_->head_seq.load(std::memory_order_acquire) : 0;
        const auto current = Current::unpack(stream_->current.load(std::memory_order_seq_cst));
        if (ring_ == nullptr) {
            if (current.state == State::idle) return Place::ended;
            if (!join(current)) return Place::wait;
            continue;
        }
        const bool ours = current.epoch == epoch_;
        const auto& next = zone_.ring(current.ring);
        if (ours) {
            limit_ = ring_->epoch.load(std::memory_order_acquire) == epoch_ ? head : seq_;
        } else if (!holds(next, current.epoch)) {
            return Place::wait;  // its new owner is still linking it
        } else if (next.prev_epoch.load() == epoch_) {
            limit_ = next.prev_limit.load();
        } else {
            limit_ = within_ != 0 ? seq_ + 1 : seq_;  // more than one epoch behind: finish the tag, then jump
        }
        if (seeking_) {
            const auto key = ring_->newest_key.load(std::memory_order_acquire);
            if (key != 0 && key - 1 >= seq_ && key - 1 < limit_) start_at(key - 1);
        }
        if (!seeking_ && seq_ < limit_) return Place::ready;
        if (!ours) {
            follow(current, next);
            continue;
        }
        return current.state == State::idle ? Place::ended : Place::wait;
    }
}

bool Reader::join(const Current& current)
{
    auto& ring = zone_.ring(current.ring);
    if (!holds(ring, current.epoch)) return false;
    ring_ = &ring;
    epoch_ = current.epoch;
    seq_ = ring.base_seq.load(std::memory_order_acquire);
    within_ = 0;
    seeking_ = true;
    wants_config_ = true;
    return true;
}

void Reader::follow(const Current& current, const RingHeader& next)
{
    const bool successor = next.prev_epoch.load() == epoch_;
    const bool started = !seeking_;
    if (!join(current)) return;
    if (!successor || !started) return;
    seq_ = next.follow_seq.load();
    seeking_ = false;
    wants_config_ = false;
}

/// The tag at our place is lost; a key frame after it is what this reader can go on with.
void Reader::seek_key()
{
    seeking_ = true;
    lost_ = true;
    wants_config_ = true;
}

void Reader::start_at(std::uint64_t key_seq)
{
    if (lost_) {
        skip_.tags += key_seq - seq_;
        skip_.ms += std::max<std::int64_t>(0, zone_.descriptor(*ring_, key_seq).dts_ms - last_dts_ms_);
    }
    seq_ = key_seq;
    seeking_ = false;
    lost_ = false;
}

bool Reader::cut(std::uint64_t limit, std::uint64_t max, Stretch& out) const
{
    const auto first = zone_.descriptor(*ring_, seq_);
    auto last = zone_.descriptor(*ring_, limit - 1);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > seq_) return false;

    const auto start = first.offset + within_;
    const auto size = std::min(last.offset + last.size - start, max);
    const auto from = start % ring_->bytes;
    const auto head_part = std::min(size, ring_->bytes - from);
    const auto* bytes = zone_.bytes(*ring_);
    out.pieces[0] = {bytes + from, static_cast<std::size_t>(head_part)};
    out.pieces[1] = {bytes, static_cast<std::size_t>(size - head_part)};
    out.size = size;
    out.first_seq = seq_;
    out.end_seq = limit;
    return true;
}

bool Reader::settle(const Stretch& stretch, std::uint64_t sent)
{
    std::uint64_t left = within_ + sent;
    auto seq = stretch.first_seq;
    while (seq < stretch.end_seq) {
        const std::uint64_t size = zone_.descriptor(*ring_, seq).size;
        if (left < size) break;
        left -= size;
        last_dts_ms_ = zone_.descriptor(*ring_, seq).dts_ms;
        ++seq;
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > stretch.first_seq) return false;
    seq_ = seq;
    within_ = static_cast<std::uint32_t>(left);
    return true;
}

std::size_t Reader::copy_config(std::span<std::uint8_t> out)
{
    std::size_t size = 0;
    const auto dts = zone_.descriptor(*ring_, seq_).dts_ms;
    const bool whole = seq_read(ring_->config_lock, [&] {
        size = 0;
        for (std::size_t kind = had_metadata_ ? 1 : 0; kind < std::size(ring_->config); ++kind) {
            const auto& tag = ring_->config[kind];
            const auto bytes = std::min<std::size_t>(tag.size, kConfigBytes);
            if (bytes == 0 || out.size() - size < bytes) continue;
            std::memcpy(out.data() + size, tag.bytes, bytes);
            stamp_tag(out.data() + size, kind == 0 ? 0 : dts);
            size += bytes;
        }
    });
    wants_config_ = false;
    had_metadata_ = true;
    return whole ? size : 0;
}

std::int64_t Reader::lag_ms() const
{
    if (ring_ == nullptr || seeking_) return 0;
    const auto head = ring_->head_seq.load(std::memory_order_acquire);
    if (seq_ >= head || ring_->epoch.load(std::memory_order_acquire) != epoch_) return 0;
    const auto newest = zone_.descriptor(*ring_, head - 1).arrival_us;
    const auto mine = zone_.descriptor(*ring_, seq_).arrival_us;
    return newest > mine ? static_cast<std::int64_t>((newest - mine) / 1000) : 0;
}

void Reader::skip_if_late(std::int64_t max_lag_ms)
{
    if (ring_ == nullptr || seeking_ || within_ != 0) return;
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    if (key == 0 || key - 1 <= seq_ || ring_->epoch.load(std::memory_order_acquire) != epoch_) return;
    const auto mine = zone_.descriptor(*ring_, seq_);
    const auto target = zone_.descriptor(*ring_, key - 1);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > seq_) return;  // look() will find out
    const bool cornered = target.offset - mine.offset > ring_->bytes / 2;
    if (!cornered && lag_ms() <= max_lag_ms) return;

    skip_.tags += key - 1 - seq_;
    skip_.ms += std::max<std::int64_t>(0, target.dts_ms - mine.dts_ms);
    seq_ = key - 1;
    wants_config_ = true;
}

Skip Reader::take_skip()
{
    return std::exchange(skip_, {});
}

}  // namespace sluice::hub
