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

// An older epoch than this many back is not looked for: the reader jumps.
constexpr int kMostEpochsBack = 16;

}  // namespace

Sight Reader::look(std::uint64_t max, Stretch& out)
{
    constexpr int kAttempts = 8;  // each lost race means that the writer moved on meanwhile
    for (int i = 0; i < kAttempts; ++i) {
        const auto place = find_place();
        if (place == Place::wait) return Sight::wait;
        if (place == Place::ended) return Sight::ended;
        if (place == Place::overrun) return Sight::overrun;
        if (seq_ < ring_->tail_seq.load(std::memory_order_acquire)) {
            if (within_ != 0) return Sight::overrun;
            seek_key();
            continue;
        }
        if (headers_open()) return Sight::wait;
        if (cut(limit_, max, out)) return Sight::tags;
    }
    return Sight::wait;
}

/// Decides which ring to read and how far. Reads the head first and the stream's current epoch
/// after it: a head seen while the epoch was still ours holds no tag that a frozen old owner wrote
/// after it was replaced.
Reader::Place Reader::find_place()
{
    for (;;) {
        const auto head = ring_ != nullptr ? ring_->head_seq.load(std::memory_order_acquire) : 0;
        const auto current = Current::unpack(stream_->current.load(std::memory_order_seq_cst));
        std::optional<Link> next;
        if (ring_ == nullptr) {
            if (current.state == State::idle) return Place::ended;
            next = read_link(zone_.ring(current.ring), current.epoch);
            if (!next) return Place::wait;  // its new owner is still linking it
            join(*next);
            continue;
        }
        if (current.epoch == epoch_) {
            limit_ = ring_->epoch.load(std::memory_order_acquire) == epoch_ ? head : seq_;
        } else {
            next = link_after(current);
            if (!next) return Place::wait;
            if (headers_open()) seek_key();  // for good, perhaps: its writer may be dead
            limit_ = headers_open() ? seq_ : limit_before(*next);
        }
        if (seeking_) try_newest_key();
        if (!seeking_ && seq_ < limit_) return Place::ready;
        if (!next) return current.state == State::idle ? Place::ended : Place::wait;
        if (const auto place = follow(*next); place != Place::ready) return place;
    }
}

/// Whether the writer is, or died, inside the codec headers that have to go out before the next
/// tag.
bool Reader::headers_open() const
{
    return wants_config_ && (ring_->config_lock.load(std::memory_order_acquire) & 1) != 0;
}

std::optional<Reader::Link> Reader::read_link(RingHeader& ring, std::uint64_t epoch)
{
    if (ring.epoch.load(std::memory_order_acquire) != epoch ||
        ring.linked.load(std::memory_order_acquire) == 0) {
        return std::nullopt;
    }
    const Link link{.ring = &ring,
                    .epoch = epoch,
                    .run = ring.run.load(),
                    .base_seq = ring.base_seq.load(),
                    .prev_epoch = ring.prev_epoch.load(),
                    .prev_limit = ring.prev_limit.load(),
                    .follow_seq = ring.follow_seq.load(),
                    .prev_ring = ring.prev_ring.load()};
    return ring.epoch.load() == epoch ? std::optional(link) : std::nullopt;
}

/// The epoch that came after ours, found from the current one backwards; the current one when it
/// can't be found any more.
std::optional<Reader::Link> Reader::link_after(const Current& current) const
{
    const auto newest = read_link(zone_.ring(current.ring), current.epoch);
    auto link = newest;
    for (int i = 0;
         i < kMostEpochsBack && link && link->prev_epoch != epoch_ && link->prev_epoch != 0; ++i) {
        link = read_link(zone_.ring(link->prev_ring), link->prev_epoch);
    }
    return link && link->prev_epoch == epoch_ ? link : newest;
}

/// Our place among the tags that the next epoch copied from ours when it moved to a larger ring.
std::optional<std::uint64_t> Reader::copy_in(const Link& next) const
{
    if (seeking_ || next.prev_epoch != epoch_ || seq_ > next.prev_limit) return std::nullopt;
    const auto behind = next.prev_limit - seq_;
    if (behind > next.follow_seq - next.base_seq) return std::nullopt;
    return next.follow_seq - behind;
}

/// How far the ring of ours is to be read before the next epoch: not at all where that has a copy.
/// An open tag is finished.
std::uint64_t Reader::limit_before(const Link& next) const
{
    if (copy_in(next)) return seq_;
    const auto at_least = within_ != 0 ? seq_ + 1 : seq_;
    return next.prev_epoch == epoch_ ? std::max(next.prev_limit, at_least) : at_least;
}

void Reader::join(const Link& link)
{
    ring_ = link.ring;
    epoch_ = link.epoch;
    run_ = link.run;
    seq_ = link.base_seq;
    within_ = 0;
    seeking_ = true;
    wants_config_ = true;
}

Reader::Place Reader::follow(const Link& next)
{
    if (begun_ && next.run != run_) return within_ != 0 ? Place::overrun : Place::ended;
    const auto place = copy_in(next);
    const auto within = within_;
    const bool wanted = wants_config_;
    if (!place && within != 0) return Place::overrun;
    join(next);
    lost_ = begun_ && !place;
    if (!place) return Place::ready;
    seq_ = *place;
    within_ = within;
    seeking_ = false;
    wants_config_ = wanted;
    return Place::ready;
}

/// The tag at our place is lost; a key frame after it is what this reader can go on with.
void Reader::seek_key()
{
    seeking_ = true;
    lost_ = begun_;
    wants_config_ = true;
}

/// Starts at the newest key frame if it is one that this reader may go on with.
void Reader::try_newest_key()
{
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    if (key == 0 || key - 1 < seq_ || key - 1 >= limit_) return;
    const auto dts = zone_.descriptor(*ring_, key - 1).dts_ms;
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > key - 1) return;
    if (begun_ && dts < last_dts_ms_) return;  // a copy of what it has had
    if (lost_) {
        skip_.tags += key - 1 - seq_;
        skip_.ms += dts - last_dts_ms_;
    }
    seq_ = key - 1;
    seeking_ = false;
    lost_ = false;
}

bool Reader::cut(std::uint64_t limit, std::uint64_t max, Stretch& out)
{
    const auto first = zone_.descriptor(*ring_, seq_);
    auto last = zone_.descriptor(*ring_, limit - 1);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > seq_) return false;

    next_dts_ms_ = first.dts_ms;
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
    out.whole = start + size == last.offset + last.size;
    return true;
}

bool Reader::settle(const Stretch& stretch, std::uint64_t sent)
{
    if (sent == 0) return true;
    std::uint64_t left = within_ + sent;
    auto seq = stretch.first_seq;
    auto last_dts_ms = last_dts_ms_;
    if (stretch.whole && sent == stretch.size) {  // the common case, without a walk over the tags
        seq = stretch.end_seq;
        left = 0;
        last_dts_ms = zone_.descriptor(*ring_, seq - 1).dts_ms;
    }
    while (left != 0 && seq < stretch.end_seq) {
        const std::uint64_t size = zone_.descriptor(*ring_, seq).size;
        if (left < size) break;
        left -= size;
        last_dts_ms = zone_.descriptor(*ring_, seq).dts_ms;
        ++seq;
    }
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > stretch.first_seq) return false;
    begun_ = begun_ || seq != seq_;
    last_dts_ms_ = last_dts_ms;
    seq_ = seq;
    within_ = static_cast<std::uint32_t>(left);
    return true;
}

std::size_t Reader::copy_config(std::span<std::uint8_t> out)
{
    std::size_t size = 0;
    const bool whole = seq_read(ring_->config_lock, [&] {
        size = 0;
        for (std::size_t kind = had_metadata_ ? 1 : 0; kind < std::size(ring_->config); ++kind) {
            const auto& tag = ring_->config[kind];
            const auto bytes = std::min<std::size_t>(tag.size, kConfigBytes);
            if (bytes == 0 || out.size() - size < bytes) continue;
            std::memcpy(out.data() + size, tag.bytes, bytes);
            stamp_tag(out.data() + size, kind == 0 ? 0 : next_dts_ms_);
            size += bytes;
        }
    });
    if (!whole) return 0;
    if (ring_->newest_key.load(std::memory_order_acquire) <= seq_) {
        // The key frame we were to start with was given up, perhaps because these are headers that
        // came after it.
        seek_key();
        return 0;
    }
    wants_config_ = false;
    had_metadata_ = true;
    return size;
}

std::optional<std::uint64_t> Reader::bytes_to_key() const
{
    if (ring_ == nullptr || seeking_) return std::nullopt;
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    if (key == 0 || key - 1 < seq_ || ring_->epoch.load(std::memory_order_acquire) != epoch_)
        return std::nullopt;
    if (key - 1 == seq_) return within_ == 0 ? std::optional<std::uint64_t>(0) : std::nullopt;
    return zone_.descriptor(*ring_, key - 1).offset - zone_.descriptor(*ring_, seq_).offset -
           within_;
}

std::uint64_t Reader::rest_of_tag() const
{
    return within_ == 0 ? 0 : zone_.descriptor(*ring_, seq_).size - std::uint64_t{within_};
}

std::uint32_t Reader::tracks() const
{
    return ring_ == nullptr ? 0 : ring_->tracks.load(std::memory_order_acquire);
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

bool Reader::behind_key() const
{
    if (ring_ == nullptr || seeking_) return false;
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    return key != 0 && key - 1 > seq_ && ring_->epoch.load(std::memory_order_acquire) == epoch_;
}

bool Reader::late(std::int64_t max_lag_ms) const
{
    if (!behind_key()) return false;
    if (lag_ms() > max_lag_ms) return true;
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    if (key == 0) return false;
    const auto mine = zone_.descriptor(*ring_, seq_).offset;
    return zone_.descriptor(*ring_, key - 1).offset - mine > ring_->bytes / 2;
}

void Reader::skip_if_late(std::int64_t max_lag_ms)
{
    if (within_ != 0 || !late(max_lag_ms)) return;
    const auto key = ring_->newest_key.load(std::memory_order_acquire);
    if (key == 0 || key - 1 <= seq_) return;
    // A replaced owner that was frozen may still write: its key frames are nobody's.
    if (Current::unpack(stream_->current.load()).epoch != epoch_) return;
    if (ring_->epoch.load(std::memory_order_acquire) != epoch_) return;
    const auto mine = zone_.descriptor(*ring_, seq_);
    const auto target = zone_.descriptor(*ring_, key - 1);
    std::atomic_thread_fence(std::memory_order_acquire);
    if (ring_->tail_seq.load(std::memory_order_relaxed) > seq_) return;  // look() will find out

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
