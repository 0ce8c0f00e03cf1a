#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// The record does not know the size, so nobody must pretend to.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_video(flv::VideoCodec::vp9, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (got->width != 0 || got->height != 0) std::abort();
    return 0;
}
