#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace sluice::hls {

/// One variant stream (RFC 8216bis, 4.4.6.2).
struct Variant {
    std::string uri;
    std::uint64_t peak_bps = 0;     ///< of the largest segment, audio included
    std::uint64_t average_bps = 0;  ///< 0: not known
    std::string codecs;             ///< RFC 6381, by commas
    std::uint32_t width = 0;        ///< 0: no picture
    std::uint32_t height = 0;
    double fps = 0;
    std::string audio;  ///< group of its audio; empty: inside
};

/// A rendition that a player chooses by itself (4.4.6.1).
struct AudioRendition {
    std::string group;
    std::string name;
    std::string uri;
    unsigned channels = 0;
};

struct Multivariant {
    std::vector<AudioRendition> audio;
    std::vector<Variant> variants;  ///< the first is what players begin with
    bool independent_segments = true;
};

/// The text of a multivariant playlist.
std::string render(const Multivariant& playlist);

}  // namespace sluice::hls
