#include <cstdlib>

#include "core/flv/audio_message.hpp"

/// The body lies inside the message, and a longer message with the same beginning has the same
/// header.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::flv;
    const std::span in(data, size);
    const auto message = parse_audio_message(in);
    if (!message) return 0;
    if (message->body_offset > size) std::abort();
    if (parse_audio_message(in.first(message->body_offset)) != *message) std::abort();
    return 0;
}
