#pragma once

#include "layout.hpp"

/// StreamRecord::tag: 0 never used, 1 free again, else the name's hash, which is even. An odd one
/// is the same name's while somebody thinks of reclaiming the record: whoever uses it takes the
/// doubt away, so that a record in use is never without its name, not even when the other dies.
namespace sluice::hub {

inline constexpr std::uint64_t kNever = 0;
inline constexpr std::uint64_t kFree = 1;
inline constexpr std::uint64_t kDoubt = 1;

inline std::uint64_t tag_of(std::uint64_t hash)
{
    return hash <= kFree ? 2 : hash & ~kDoubt;
}

/// The name's tag without doubt; 0 of a record without a name.
inline std::uint64_t certain(std::uint64_t tag)
{
    return tag <= kFree ? kNever : tag & ~kDoubt;
}

/// For who has just marked the record as in use: whether it has this tag, and keeps it from here
/// on.
inline bool hold(StreamRecord& stream, std::uint64_t tag)
{
    auto seen = stream.tag.load();
    while (certain(seen) == tag && tag != kNever) {
        if (seen == tag || stream.tag.compare_exchange_strong(seen, tag)) return true;
    }
    return false;
}

}  // namespace sluice::hub
