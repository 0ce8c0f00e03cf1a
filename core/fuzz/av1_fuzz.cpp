#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// Sides have at most 16 bits; both are known or neither is.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_video(flv::VideoCodec::av1, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (got->width > 65536 || got->height > 65536) std::abort();
    if ((got->width == 0) != (got->height == 0)) std::abort();
    if (!(got->fps >= 0)) std::abort();
    return 0;
}
