#include "record.hpp"

namespace sluice::control::store {
namespace {

constexpr std::size_t kCounter = 8;

}  // namespace

std::string encode_counter(std::uint64_t value)
{
    std::string out;
    for (std::size_t i = 0; i < kCounter; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
    return out;
}

std::optional<std::uint64_t> decode_counter(std::string_view bytes)
{
    if (bytes.size() < kCounter) return std::nullopt;
    std::uint64_t value = 0;
    for (std::size_t i = kCounter; i-- > 0;) {
        value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
    }
    return value;
}

std::string encode(const Record& record)
{
    return encode_counter(record.version)
        .append(encode_counter(record.revision))
        .append(record.value);
}

std::optional<Record> decode(std::string_view bytes)
{
    if (bytes.size() < 2 * kCounter) return std::nullopt;
    return Record{*decode_counter(bytes), *decode_counter(bytes.substr(kCounter)),
                  bytes.substr(2 * kCounter)};
}

}  // namespace sluice::control::store
