#include "through_hook.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "core/hook/feed.hpp"
#include "core/hook/returned.hpp"

namespace sluice::remux {
namespace {

using Bytes = std::vector<std::uint8_t>;
using View = std::span<const std::uint8_t>;

Bytes read(const char* path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

void append(std::ofstream& file, View bytes)
{
    file.write(reinterpret_cast<const char*>(bytes.data()),
               static_cast<std::streamsize>(bytes.size()));
}

class FlvFile : public hook::ReturnedSink {
public:
    explicit FlvFile(const char* path) : file_(path, std::ios::binary)
    {
        append(file_, flv::file_header(true, true));
    }

    void message(const hook::ReturnedMessage& message) override
    {
        const auto size = static_cast<std::uint32_t>(message.head.size() + message.data.size());
        std::array<std::uint8_t, flv::kTagHeaderSize> header{};
        flv::write_tag_header(header,
                              {message.type, size, static_cast<std::uint32_t>(message.dts_ms)});
        append(file_, header);
        append(file_, message.head);
        append(file_, message.data);
        const auto whole = size + flv::kTagHeaderSize;
        const std::array<std::uint8_t, flv::kPreviousTagSize> end{
            static_cast<std::uint8_t>(whole >> 24), static_cast<std::uint8_t>(whole >> 16),
            static_cast<std::uint8_t>(whole >> 8), static_cast<std::uint8_t>(whole)};
        append(file_, end);
    }

private:
    std::ofstream file_;
};

int failed(const Error& error)
{
    std::fprintf(stderr, "%.*s at %zu\n", static_cast<int>(error.where.size()), error.where.data(),
                 error.offset);
    return 1;
}

}  // namespace

bool for_each_tag(const char* path,
                  const std::function<void(flv::TagType, View, std::int64_t)>& take)
{
    const auto file = read(path);
    constexpr std::size_t first = 13;
    for (auto at = first; at + flv::kTagHeaderSize <= file.size();) {
        const auto header = flv::parse_tag_header(View(file).subspan(at));
        if (!header || file.size() - at - flv::kTagHeaderSize < header->size) return false;
        at += flv::kTagHeaderSize;
        take(header->type, View(file).subspan(at, header->size), header->timestamp_ms);
        at += header->size + flv::kPreviousTagSize;
    }
    return true;
}

int feed(const char* from, const char* to)
{
    hook::Feed feed(channel::Frames::all);
    bool video = false;
    bool audio = false;
    const auto look = [&](flv::TagType type, View, std::int64_t) {
        video = video || type == flv::TagType::video;
        audio = audio || type == flv::TagType::audio;
    };
    if (!for_each_tag(from, look)) return 1;
    feed.expect(video, audio);
    std::ofstream out(to, std::ios::binary);
    const bool whole = for_each_tag(from, [&](flv::TagType type, View body, std::int64_t dts_ms) {
        const auto fed = feed.take(type, body, dts_ms);
        append(out, fed.piece.head);
        append(out, fed.piece.media);
    });
    return whole ? 0 : 1;
}

int returned(const char* from, const char* to, bool shifted)
{
    constexpr std::size_t pipe = 4096;
    const auto file = read(from);
    hook::Returned returned(shifted);
    FlvFile out(to);
    for (std::size_t at = 0; at < file.size(); at += pipe) {
        const auto piece = View(file).subspan(at, std::min(pipe, file.size() - at));
        if (auto done = returned.take(piece, out); !done) return failed(done.error());
    }
    if (auto done = returned.finish(); !done) return failed(done.error());
    std::printf("{\"dropped\": %llu, \"left_out\": %zu}\n",
                static_cast<unsigned long long>(returned.dropped()), returned.left_out());
    return 0;
}

}  // namespace sluice::remux
