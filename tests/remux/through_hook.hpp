#pragma once

#include <cstdint>
#include <functional>
#include <span>

#include "core/flv/tag.hpp"

namespace sluice::remux {

/// Every tag of an FLV file; false when it is none.
bool for_each_tag(
    const char* path,
    const std::function<void(flv::TagType, std::span<const std::uint8_t>, std::int64_t)>& take);

/// An FLV file as a process gets it on its standard input: 0, or the status to exit with.
int feed(const char* from, const char* to);

/// What a process wrote as an FLV file. `shifted`: it kept the times of feed().
int returned(const char* from, const char* to, bool shifted);

}  // namespace sluice::remux
