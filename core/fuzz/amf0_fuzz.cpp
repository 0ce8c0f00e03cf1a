#include <cstdlib>

#include "core/flv/amf0.hpp"

/// What was decoded can be encoded, and decoding that gives the same bytes again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    ByteReader in({data, size});
    const auto value = flv::amf0::decode(in);
    if (!value) return 0;

    std::vector<std::uint8_t> once;
    ByteWriter first(once);
    flv::amf0::encode(first, *value);
    ByteReader again(once);
    const auto copy = flv::amf0::decode(again);
    if (!copy || again.remaining() != 0) std::abort();

    // Bytes are compared because a number may be NaN, which equals nothing.
    std::vector<std::uint8_t> twice;
    ByteWriter second(twice);
    flv::amf0::encode(second, *copy);
    if (once != twice) std::abort();
    return 0;
}
