#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// An accepted configuration has a picture of a size that a level allows.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_video(flv::VideoCodec::avc, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (got->width == 0 || got->width > 16888 || got->height == 0 || got->height > 16888) {
        std::abort();
    }
    if (!(got->fps >= 0)) std::abort();
    return 0;
}
