#include <cstdlib>

#include "core/codec/description.hpp"
#include "core/fuzz/terminated.hpp"

/// The rate has 20 bits and there are one to eight channels.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    const auto got = codec::describe_audio(flv::AudioCodec::flac, {data, size});
    if (!got) return 0;
    if (!fuzz::terminated(got->name) || !fuzz::terminated(got->codec_string)) std::abort();
    if (got->sample_rate == 0 || got->sample_rate >= 1U << 20) std::abort();
    if (got->channels == 0 || got->channels > 8) std::abort();
    return 0;
}
