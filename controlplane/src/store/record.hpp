#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store.hpp"

namespace sluice::control::store {

/// How an entry's value lies in LMDB: version and revision (8 bytes each, little-endian),
/// then the value itself.
struct Record {
    std::uint64_t version = 0;
    Revision revision = 0;
    std::string_view value;
};

std::string encode(const Record& record);

/// nullopt when the bytes are too short to be a record.
std::optional<Record> decode(std::string_view bytes);

std::string encode_counter(std::uint64_t value);
std::optional<std::uint64_t> decode_counter(std::string_view bytes);

}  // namespace sluice::control::store
