#include <algorithm>
#include <cstdlib>

#include "core/flv/tag.hpp"

/// An accepted header, written again, gives the same bytes but for the stream id and reserved bits.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::flv;
    const auto header = parse_tag_header({data, size});
    if (!header) return 0;
    std::array<std::uint8_t, kTagHeaderSize> out{};
    write_tag_header(out, *header);
    if (out[0] != (data[0] & 0x1f) || !std::equal(out.begin() + 1, out.begin() + 8, data + 1)) {
        std::abort();
    }
    return 0;
}
