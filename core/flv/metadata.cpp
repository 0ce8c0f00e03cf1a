#include "core/flv/metadata.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/flv/amf0.hpp"

namespace sluice::flv {
namespace {

constexpr std::string_view kName = "onMetaData";
constexpr std::size_t kMaxEncoder = 255;

// The AMF0 string "@setDataFrame" as encoders write it.
constexpr std::array<std::uint8_t, 16> kSetDataFrame{0x02, 0x00, 0x0d, '@', 's', 'e', 't', 'D',
                                                     'a',  't',  'a',  'F', 'r', 'a', 'm', 'e'};

std::optional<double> number(const amf0::Object& object, std::string_view name)
{
    const auto* value = object.find(name);
    const auto* number = value == nullptr ? nullptr : value->number();
    if (number == nullptr || !std::isfinite(*number) || *number < 0) return std::nullopt;
    return *number;
}

std::string text(const amf0::Object& object, std::string_view name)
{
    const auto* value = object.find(name);
    const auto* text = value == nullptr ? nullptr : value->string();
    return text == nullptr ? std::string{} : text->substr(0, kMaxEncoder);
}

}  // namespace

std::span<const std::uint8_t> strip_set_data_frame(std::span<const std::uint8_t> message)
{
    if (message.size() < kSetDataFrame.size()) return message;
    const auto head = message.first(kSetDataFrame.size());
    const bool there = std::equal(head.begin(), head.end(), kSetDataFrame.begin());
    return there ? message.subspan(kSetDataFrame.size()) : message;
}

Result<Metadata> parse_metadata(std::span<const std::uint8_t> message)
{
    ByteReader r(strip_set_data_frame(message));
    const auto name = amf0::decode(r);
    if (!name) return tl::unexpected(name.error());
    if (const auto* is = name->string(); is == nullptr || *is != kName) {
        return r.fail(Errc::unsupported, "flv script is not onMetaData");
    }
    const auto value = amf0::decode(r);
    if (!value) return tl::unexpected(value.error());
    const auto* object = value->object();
    if (object == nullptr) return r.fail(Errc::malformed, "flv metadata is not an object");

    return Metadata{.width = number(*object, "width"),
                    .height = number(*object, "height"),
                    .framerate = number(*object, "framerate"),
                    .videodatarate_kbps = number(*object, "videodatarate"),
                    .audiodatarate_kbps = number(*object, "audiodatarate"),
                    .duration = number(*object, "duration"),
                    .encoder = text(*object, "encoder")};
}

std::vector<std::uint8_t> encode_metadata(const Metadata& metadata)
{
    amf0::EcmaArray fields;
    const auto add = [&](const char* name, std::optional<double> number) {
        if (number) fields.properties.push_back({name, {*number}});
    };
    add("width", metadata.width);
    add("height", metadata.height);
    add("framerate", metadata.framerate);
    add("videodatarate", metadata.videodatarate_kbps);
    add("audiodatarate", metadata.audiodatarate_kbps);
    add("duration", metadata.duration);
    if (!metadata.encoder.empty()) fields.properties.push_back({"encoder", {metadata.encoder}});

    std::vector<std::uint8_t> out;
    ByteWriter w(out);
    amf0::encode(w, {std::string(kName)});
    amf0::encode(w, {std::move(fields)});
    return out;
}

}  // namespace sluice::flv
