#include <algorithm>
#include <cstdlib>

#include "core/websocket/frame.hpp"

/// What a client's bytes mean does not depend on how they were cut: in one piece or byte by byte,
/// the same control frames come out and the same bytes are refused.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::websocket;
    const std::span in(data, size);
    ClientFrames at_once;
    std::vector<Control> controls;
    const bool accepted = at_once.take(in, controls).has_value();

    ClientFrames bytewise;
    std::vector<Control> again;
    bool still = true;
    for (std::size_t i = 0; i < size && still; ++i)
        still = bytewise.take(in.subspan(i, 1), again).has_value();

    if (accepted != still || controls.size() != again.size()) std::abort();
    for (std::size_t i = 0; i < controls.size(); ++i) {
        const auto& a = controls[i];
        const auto& b = again[i];
        if (a.opcode != b.opcode || a.size != b.size || a.size > kMaxControl) std::abort();
        if (!std::equal(a.payload.begin(), a.payload.begin() + a.size, b.payload.begin()))
            std::abort();
    }
    return 0;
}
