#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace sluice::dash {

/// Segments of one duration in a row (ISO/IEC 23009-1, 5.3.9.6).
struct Run {
    std::uint64_t time = 0;      ///< of the first, in units of the timescale
    std::uint64_t duration = 0;  ///< of each
    std::uint32_t count = 1;
};

/// One track. All texts are what an XML attribute may hold once the few special characters are
/// escaped, which render() does.
struct Representation {
    std::string id;
    bool video = false;
    std::string codecs;  ///< RFC 6381
    std::uint64_t bandwidth_bps = 0;
    std::uint32_t timescale = 0;
    std::uint32_t width = 0;
    std::uint32_t height = 0;
    std::string frame_rate;  ///< "25", "30000/1001"; empty: not said
    std::uint32_t sample_rate = 0;
    std::uint32_t channels = 0;
    std::string initialization;  ///< URI
    std::string media;           ///< URI with $Number$
    std::uint64_t start_number = 0;
    std::uint64_t time_offset = 0;  ///< media time at the start of the period
    std::vector<Run> timeline;
    bool independent = true;  ///< every segment begins with a frame that stands alone
};

/// What belongs together without a break.
struct Period {
    std::string id;
    std::int64_t start_ms = 0;  ///< since availability_start_ms
    std::vector<Representation> representations;
};

struct Manifest {
    std::int64_t availability_start_ms = 0;  ///< wall clock, since 1970
    std::int64_t publish_ms = 0;
    std::int64_t update_ms = 0;   ///< how soon there is something new
    std::int64_t depth_ms = 0;    ///< how far back viewers may go
    std::int64_t delay_ms = 0;    ///< how far behind they should stay
    std::int64_t segment_ms = 0;  ///< the longest segment
    std::int64_t clock_ms = 0;    ///< the time now, for players whose clock is wrong; 0: unsaid
    std::optional<std::int64_t> ended_ms;  ///< length of the presentation, when it is over
    std::vector<Period> periods;
};

/// The text of an MPD, `dynamic` until it ended.
std::string render(const Manifest& manifest);

}  // namespace sluice::dash
