#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// A frame has one of nine rates and one or two channels; no frame leaves both unknown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_audio(flv::AudioCodec::mp3, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (size == 0) return 0;
    if (got->sample_rate < 8000 || got->sample_rate > 48000) std::abort();
    if (got->channels != 1 && got->channels != 2) std::abort();
    return 0;
}
