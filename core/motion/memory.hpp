#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace sluice::motion {

/// An access unit of a clip's track.
struct Unit {
    std::uint32_t track = 0;  ///< 0: the picture, 1: the sound
    std::int64_t dts = 0;     ///< in the time of its track
    std::int64_t at_ms = 0;   ///< the same in milliseconds
    std::int32_t composition = 0;
    std::uint32_t duration = 0;
    bool sync = false;
    std::span<const std::uint8_t> data;
};

/// The last seconds of a stream, from a key frame on. Units have running numbers.
class Memory {
public:
    /// `bytes`: of media at most; then fewer seconds.
    explicit Memory(std::size_t bytes) : limit_(bytes) {}

    /// Keeps a copy; nothing before the first key frame.
    void add(const Unit& unit);

    /// Forgets what nobody needs who begins at `at_ms` with a key frame.
    void forget_before(std::int64_t at_ms);

    /// Whether the next unit may cost others.
    bool full(std::size_t next) const { return bytes_ + next > limit_; }

    /// The number of the last key frame at or before `at_ms`, or of the oldest that is there.
    std::optional<std::uint64_t> key_before(std::int64_t at_ms) const;

    /// Calls `take(unit)` for each from number `first` on, until it says false. Returns the number
    /// of the one that was not taken.
    template <class Take>
    std::uint64_t read(std::uint64_t first, Take take) const
    {
        for (const auto& group : groups_) {
            for (auto i = first > group.first ? first - group.first : 0; i < group.units.size();
                 ++i) {
                if (!take(group.unit(i))) return group.first + i;
            }
        }
        return next_ > first ? next_ : first;
    }

private:
    struct Kept {
        Unit unit;
        std::size_t offset = 0;
        std::size_t size = 0;
    };
    /// A key frame and what follows up to the next.
    struct Group {
        std::uint64_t first = 0;
        std::vector<Kept> units;
        std::vector<std::uint8_t> bytes;

        std::int64_t at_ms() const { return units.front().unit.at_ms; }
        Unit unit(std::size_t i) const;
    };

    void drop_oldest();

    std::size_t limit_;
    std::size_t bytes_ = 0;
    std::uint64_t next_ = 0;  ///< number of the next unit
    std::deque<Group> groups_;
};

}  // namespace sluice::motion
