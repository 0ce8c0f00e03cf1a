#include "init_segment.hpp"

#include "movie.hpp"

namespace sluice::fmp4 {

Result<std::vector<std::uint8_t>> init_segment(const media::Track& track)
{
    if (track.audio == flv::AudioCodec::mp3) {
        return tl::unexpected(Error{Errc::unsupported, "audio codec in CMAF"});
    }
    const media::Track* const tracks[] = {&track};
    // Structural brand `cmfc` (ISO/IEC 23000-19, 7.2).
    return movie_header(tracks, {"iso6", "cmfc", "mp41"});
}

}  // namespace sluice::fmp4
