#pragma once

#include <cstdint>
#include <initializer_list>
#include <span>
#include <vector>

#include "zone.hpp"

namespace sluice::hub {

/// What goes with a tag into its descriptor.
struct TagFacts {
    std::uint8_t type = 0;
    std::uint8_t flags = 0;
    std::int64_t dts_ms = 0;
    std::uint64_t arrival_us = 0;
};

enum class ConfigKind : std::uint8_t { script, video, audio };

/// The single writer of one epoch. Appends complete FLV tags; never waits for readers.
class Writer {
public:
    Writer() = default;
    Writer(Zone zone, StreamRecord& stream, RingHeader& ring, std::uint64_t epoch)
        : zone_(zone), stream_(&stream), ring_(&ring), epoch_(epoch)
    {}

    explicit operator bool() const { return ring_ != nullptr; }
    RingHeader& ring() const { return *ring_; }
    StreamRecord& stream() const { return *stream_; }
    std::uint64_t epoch() const { return epoch_; }

    /// Whether this epoch is still the stream's: false once another publisher took over or the
    /// stream was ended.
    bool current() const
    {
        return Current::unpack(stream_->current.load(std::memory_order_acquire)).epoch == epoch_;
    }

    /// Bytes one tag may have at most: half of the ring, so that a reader can hold the tag before
    /// it.
    std::uint64_t largest_tag() const { return ring_->bytes / 2; }

    /// Appends the tag made of `pieces`, laid end to end, and releases it to readers.
    /// Errc::limit when it is larger than largest_tag(): nothing is written then.
    Result<void> append(std::span<const std::span<const std::uint8_t>> pieces,
                        const TagFacts& facts);

    /// The tag that was appended last, as it lies in the ring until the next append; in `scratch`
    /// where the ring wraps inside it. Empty before the first.
    std::span<const std::uint8_t> newest_tag(std::vector<std::uint8_t>& scratch) const;

    /// Forgets the newest key frame: it can't be decoded with a codec header that changed since.
    void forget_key() { ring_->newest_key.store(0, std::memory_order_release); }

    /// Publishes what joins get before the first frame. Errc::limit beyond kConfigBytes.
    Result<void> set_config(ConfigKind kind, std::span<const std::uint8_t> tag);

    /// Bytes from the newest key frame to the head; from the epoch's first tag when there is no key
    /// frame yet.
    std::uint64_t group_bytes() const;

private:
    void make_room(std::uint64_t size);
    void note_track(std::uint8_t type);

    Zone zone_;
    StreamRecord* stream_ = nullptr;
    RingHeader* ring_ = nullptr;
    std::uint64_t epoch_ = 0;
};

}  // namespace sluice::hub
