#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/flv/audio_message.hpp"
#include "core/flv/video_message.hpp"
#include "core/hook/returned.hpp"

namespace {

using namespace sluice;
using Bytes = std::span<const std::uint8_t>;

void require(bool holds, std::string_view what)
{
    if (holds) return;
    std::cerr << what << '\n';
    std::abort();
}

/// Holds every message to what an encoder's have to be.
class Viewer : public hook::ReturnedSink {
public:
    void message(const hook::ReturnedMessage& message) override
    {
        require(message.dts_ms >= 0, "a time below zero");
        std::vector<std::uint8_t> body(message.head.begin(), message.head.end());
        body.insert(body.end(), message.data.begin(), message.data.end());
        const bool video = message.type == flv::TagType::video;
        if (video) {
            look(flv::parse_video_message(body), message, key_);
        } else {
            look(flv::parse_audio_message(body), message, sound_);
        }
        said.insert(said.end(), {static_cast<std::int64_t>(message.type), message.dts_ms});
        said.insert(said.end(), body.begin(), body.end());
    }

    std::vector<std::int64_t> said;

private:
    template <class Header>
    void look(const Result<Header>& header, const hook::ReturnedMessage& message, bool& begun)
    {
        require(header.has_value(), "a header that nobody reads");
        require((header->kind == flv::PacketKind::config) == message.config, "its kind");
        if (message.config) return;
        require(!message.data.empty() && header->body_offset == message.head.size(), "its body");
        if constexpr (requires { header->key_frame; }) {
            require(header->key_frame == message.key, "its key");
            require(begun || message.key, "a picture before a key frame");
        }
        begun = true;
    }

    bool key_ = false;
    bool sound_ = false;
};

std::vector<std::int64_t> read(Bytes file, bool shifted, std::size_t step)
{
    Viewer viewer;
    hook::Returned returned(shifted);
    for (std::size_t at = 0; at < file.size(); at += step) {
        if (!returned.take(file.subspan(at, std::min(step, file.size() - at)), viewer)) break;
    }
    viewer.said.push_back(static_cast<std::int64_t>(returned.dropped()));
    return viewer.said;
}

}  // namespace

/// The first byte says whether times are shifted and where the rest, a file, is cut.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    ByteReader in({data, size});
    const auto how = in.u8();
    const bool shifted = (how & 1) != 0;
    const auto whole = read(in.rest(), shifted, SIZE_MAX / 2);
    require(whole == read(in.rest(), shifted, 1 + how / 2U),
            "cut elsewhere it says something else");
    return 0;
}
