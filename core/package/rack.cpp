#include "rack.hpp"

#include <sched.h>
#include <utility>

namespace sluice::package {
namespace {

constexpr std::uint64_t kIndexMask = 0xff;

std::size_t index_of(std::uint64_t word)
{
    return static_cast<std::size_t>(word & kIndexMask) - 1;
}

bool is_shown(std::uint64_t word)
{
    return (word & kIndexMask) != 0;
}

/// Who was stopped or killed inside a change leaves a state that is half of it; it is taken as it
/// is, then.
void copy_patiently(const Volume& from, Window& out)
{
    constexpr int kAttempts = 200;
    const auto copy = [&] { copy_used(from.window, out); };
    for (int i = 0; i < kAttempts; ++i) {
        if (hub::seq_read(from.lock, copy)) return;
        ::sched_yield();
    }
    copy();
}

/// Makes a place that viewers don't see the caller's.
Volume* acquire(StreamRack& rack, std::uint64_t shown, hub::ProcessId self)
{
    for (std::size_t i = 0; i < StreamRack::kVolumes; ++i) {
        if (is_shown(shown) && i == index_of(shown)) continue;
        auto& volume = rack.volumes[i];
        auto owner = volume.owner.load();
        // Of one's own, too: an earlier session of this process may not have let go yet.
        if (owner != 0 && hub::is_alive(owner)) continue;
        if (volume.owner.compare_exchange_strong(owner, self)) return &volume;
    }
    return nullptr;
}

}  // namespace

Hold& Hold::operator=(Hold&& other) noexcept
{
    let_go();
    rack_ = std::exchange(other.rack_, nullptr);
    volume_ = std::exchange(other.volume_, nullptr);
    word_ = std::exchange(other.word_, 0);
    return *this;
}

void Hold::let_go()
{
    if (volume_ != nullptr) volume_->owner.store(0);
    volume_ = nullptr;
}

std::optional<Hold> take_over(StreamRack& rack, hub::ProcessId self)
{
    for (;;) {
        auto word = rack.current.load();
        auto* mine = acquire(rack, word, self);
        if (mine == nullptr) return std::nullopt;
        hub::seq_write(mine->lock, [&] {
            if (is_shown(word)) {
                copy_patiently(rack.volumes[index_of(word)], mine->window);
                mend(mine->window);
            } else {
                empty(mine->window);
            }
        });
        const auto place = static_cast<std::uint64_t>(mine - rack.volumes) + 1;
        const auto next = ((word >> 8) + 1) << 8 | place;
        if (rack.current.compare_exchange_strong(word, next)) return Hold(rack, *mine, next);
        mine->owner.store(0);
    }
}

Edition edition_of(const StreamRack& rack)
{
    const auto word = rack.current.load(std::memory_order_acquire);
    if (!is_shown(word)) return {};
    return {word, rack.volumes[index_of(word)].lock.load(std::memory_order_acquire)};
}

std::optional<Edition> read_window(const StreamRack& rack, Window& out)
{
    constexpr int kAttempts = 100;  // its writer may have lost the processor inside a change
    for (int i = 0; i < kAttempts; ++i) {
        const auto before = edition_of(rack);
        if (!before) return std::nullopt;
        const bool whole = peek_window(rack, [&](const Window& window) { copy_used(window, out); });
        if (!whole || edition_of(rack) != before) {
            ::sched_yield();
            continue;
        }
        if ((before.lock & 1) != 0) mend(out);  // its writer died inside a change
        return before;
    }
    return std::nullopt;
}

std::int64_t changed_ms(const StreamRack& rack)
{
    const auto word = rack.current.load(std::memory_order_acquire);
    return is_shown(word) ? rack.volumes[index_of(word)].changed_ms.load() : 0;
}

bool is_held(const StreamRack& rack)
{
    const auto word = rack.current.load(std::memory_order_acquire);
    if (!is_shown(word)) return false;
    const auto owner = rack.volumes[index_of(word)].owner.load();
    return owner != 0 && hub::is_alive(owner);
}

bool clear(StreamRack& rack, const Edition& edition)
{
    auto word = edition.word;
    if (!edition || edition_of(rack) != edition) return false;
    return rack.current.compare_exchange_strong(word, word & ~kIndexMask);
}

}  // namespace sluice::package
