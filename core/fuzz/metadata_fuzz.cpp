#include <cstdlib>

#include "core/flv/metadata.hpp"

/// Whatever was understood survives being written and read again.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::flv;
    const auto metadata = parse_metadata({data, size});
    if (!metadata) return 0;
    if (parse_metadata(encode_metadata(*metadata)) != *metadata) std::abort();
    return 0;
}
