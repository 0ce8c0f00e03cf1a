#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>

#include "core/hub/process.hpp"
#include "core/hub/seqlock.hpp"
#include "window.hpp"

namespace sluice::package {

/// A place in shared memory for one live window. Written only by its owner; stays readable when
/// that lets go of it or dies, until a later publisher of the stream takes the place.
struct alignas(64) Volume {
    std::atomic<hub::ProcessId> owner;     ///< 0: nobody
    std::atomic<std::uint32_t> lock;       ///< of `window`
    std::atomic<std::int64_t> changed_ms;  ///< monotonic: when it last got something new
    Window window;
};

/// The places of one stream. One of them is what viewers see. Taking over = copying it to a free
/// one and a compare-and-swap of `current`: a publisher that was stopped and wakes up again can
/// only write into a place that nobody looks at any more.
struct alignas(64) StreamRack {
    static constexpr std::size_t kVolumes = 3;

    std::atomic<std::uint64_t>
        current;  ///< change << 8 | (volume + 1); nothing to see when the low byte is 0
    Volume volumes[kVolumes];
};

/// What belongs to all streams together; only rises.
struct alignas(64) PackageCounts {
    std::atomic<std::uint64_t> segments;       ///< made
    std::atomic<std::uint64_t> segments_lost;  ///< that the disk did not take
    std::atomic<std::uint64_t> not_kept;       ///< that the archive did not take
    /// No stream whose window is gone had a number as high: many reconnects take more numbers than
    /// seconds go by.
    std::atomic<std::uint64_t> above_forgotten;
};

/// All streams' racks: plain, zeroed memory in. Cheap to copy, owns nothing. Pages are touched by
/// use, so the memory may be reserved without being there.
class Rack {
public:
    Rack() = default;
    /// `memory`: at least bytes_for(streams), zeroed once, aligned to 64.
    Rack(std::span<std::byte> memory, std::uint32_t streams)
        : counts_(reinterpret_cast<PackageCounts*>(memory.data())),
          racks_(reinterpret_cast<StreamRack*>(memory.data() + sizeof(PackageCounts))),
          streams_(streams)
    {}

    static std::size_t bytes_for(std::uint32_t streams)
    {
        return sizeof(PackageCounts) + sizeof(StreamRack) * streams;
    }

    explicit operator bool() const { return racks_ != nullptr; }
    std::uint32_t streams() const { return streams_; }
    StreamRack& of(std::uint32_t stream) const { return racks_[stream]; }
    PackageCounts& counts() const { return *counts_; }

private:
    PackageCounts* counts_ = nullptr;
    StreamRack* racks_ = nullptr;
    std::uint32_t streams_ = 0;
};

/// The right to write a stream's window.
class Hold {
public:
    Hold() = default;
    Hold(StreamRack& rack, Volume& volume, std::uint64_t word)
        : rack_(&rack), volume_(&volume), word_(word)
    {}
    Hold(Hold&& other) noexcept { *this = std::move(other); }
    Hold& operator=(Hold&& other) noexcept;
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    /// What was written stays there for viewers.
    ~Hold() { let_go(); }

    explicit operator bool() const { return volume_ != nullptr; }

    /// False once another publisher took over: what is written then nobody sees.
    bool current() const { return rack_->current.load(std::memory_order_acquire) == word_; }

    /// What the owner itself may read at any time.
    const Window& window() const { return volume_->window; }

    /// Changes the window in one step for those who read it.
    template <class F>
    void change(F&& apply)
    {
        changed_ = true;
        if (together_) return apply(volume_->window);
        hub::seq_write(volume_->lock, [&] { apply(volume_->window); });
    }

    /// All changes that `steps` makes are one for those who read. They wait meanwhile: no time for
    /// a system call.
    template <class F>
    void together(F&& steps)
    {
        hub::seq_write(volume_->lock, [&] {
            together_ = true;
            steps();
            together_ = false;
        });
    }

    /// Whether anything was changed since this was asked last.
    bool take_changed() { return std::exchange(changed_, false); }

    void note_time(std::int64_t mono_ms) { volume_->changed_ms.store(mono_ms); }

private:
    void let_go();

    StreamRack* rack_ = nullptr;
    Volume* volume_ = nullptr;
    std::uint64_t word_ = 0;
    bool together_ = false;
    bool changed_ = false;
};

/// Takes over the stream's window for `self`, with what is in it. Nothing when every place is held
/// by a living process, which takes three publishers stopped in the middle.
std::optional<Hold> take_over(StreamRack& rack, hub::ProcessId self);

/// What tells one state of a window from another, without reading it. Not true: there is none.
struct Edition {
    std::uint64_t word = 0;
    std::uint32_t lock = 0;

    explicit operator bool() const { return (word & 0xff) != 0; }
    bool operator==(const Edition&) const = default;
};
Edition edition_of(const StreamRack& rack);

/// Copies a consistent state of the window that viewers see, as copy_used(), and says which one it
/// is.
std::optional<Edition> read_window(const StreamRack& rack, Window& out);

/// Reads a little of it without copying the whole: `look` gets the window and may run several
/// times; what it took is good when the result is true. It must bear any values.
template <class F>
bool peek_window(const StreamRack& rack, F&& look)
{
    const auto word = rack.current.load(std::memory_order_acquire);
    if ((word & 0xff) == 0) return false;
    const auto& volume = rack.volumes[(word & 0xff) - 1];
    if (hub::seq_read(volume.lock, [&] { look(volume.window); })) return true;
    // Its writer died inside a change. Nobody writes any more.
    if (hub::is_alive(volume.owner.load())) return false;
    look(volume.window);
    return true;
}

/// When the window that viewers see last got something new, monotonic ms; 0: there is none.
std::int64_t changed_ms(const StreamRack& rack);

/// Whether a living publisher writes the window that viewers see.
bool is_held(const StreamRack& rack);

/// Takes the window away from viewers, if it is still this edition; its place is free then. True:
/// the caller is the one who did it, and removes what belongs to it.
bool clear(StreamRack& rack, const Edition& edition);

}  // namespace sluice::package
