#include <algorithm>
#include <cstdlib>

#include "core/base/byte_reader.hpp"
#include "core/flv/timestamp_normaliser.hpp"

/// Eight bytes a frame: track, milliseconds since the frame before, timestamp. The output never
/// falls and never leaps further than arrival and the limit for jumps allow.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice;
    ByteReader r({data, size});
    flv::NormaliserState state;
    flv::TimestampNormaliser normaliser(state);
    std::int64_t mono_ms = 0;
    std::int64_t heard_ms[2]{};
    bool first = true;
    while (r.remaining() >= 8) {
        const bool audio = (r.u8() & 1) != 0;
        mono_ms += r.u24();
        const auto in_ms = r.u32();
        const auto before = normaliser.last_ms();
        const auto out =
            normaliser.push(audio ? flv::TagType::audio : flv::TagType::video, in_ms, mono_ms);
        const auto allowed = before + mono_ms - heard_ms[audio ? 1 : 0] + 3000;
        heard_ms[audio ? 1 : 0] = mono_ms;
        if (!first && (out.dts_ms < before || out.dts_ms > allowed)) std::abort();
        first = false;
    }
    return 0;
}
