#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::flv {

/// What a publisher says about itself in onMetaData (Adobe FLV 10.1, E.5). Hearsay: the decoder
/// configuration knows better. Numbers that are negative or not finite are left out.
struct Metadata {
    std::optional<double> width;
    std::optional<double> height;
    std::optional<double> framerate;
    std::optional<double> videodatarate_kbps;
    std::optional<double> audiodatarate_kbps;
    std::optional<double> duration;  ///< s
    std::string encoder;             ///< as sent, cut at 255 bytes; may hold any byte

    friend bool operator==(const Metadata&, const Metadata&) = default;
};

/// What viewers get of a publisher's metadata message: without the leading AMF string
/// "@setDataFrame", which is meant for servers. Returns a part of `message`, or all of it when the
/// string isn't there.
std::span<const std::uint8_t> strip_set_data_frame(std::span<const std::uint8_t> message);

/// Reads the body of a script tag, with or without "@setDataFrame". Errc::unsupported when it isn't
/// onMetaData; else as amf0::decode, malformed when its value holds no properties.
Result<Metadata> parse_metadata(std::span<const std::uint8_t> message);

/// The body of an onMetaData script tag with the fields that are set.
std::vector<std::uint8_t> encode_metadata(const Metadata& metadata);

}  // namespace sluice::flv
