#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// A frame has one of three rates and one to six channels; no frame leaves both unknown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_audio(flv::AudioCodec::ac3, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (size == 0) return 0;
    if (got->sample_rate < 32000 || got->sample_rate > 48000) std::abort();
    if (got->channels == 0 || got->channels > 6) std::abort();
    return 0;
}
