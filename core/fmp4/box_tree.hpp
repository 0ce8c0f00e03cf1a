#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include "core/base/byte_reader.hpp"

namespace sluice::fmp4 {

/// For tests: the boxes of a file by their path ("moov/trak/tkhd"), their content borrowed.
/// Whatever does not add up is noted in `broken`.
struct BoxTree {
    std::map<std::string, std::span<const std::uint8_t>, std::less<>> boxes;
    std::string broken;

    explicit BoxTree(std::span<const std::uint8_t> file) { read(file, ""); }

    ByteReader at(std::string_view path) const
    {
        const auto found = boxes.find(path);
        return ByteReader(found == boxes.end() ? std::span<const std::uint8_t>() : found->second);
    }

private:
    /// Bytes before the boxes inside; −1: there are none.
    static int head_of(std::string_view type)
    {
        constexpr std::string_view containers[] = {"moov", "trak", "mdia", "minf", "dinf",
                                                   "stbl", "mvex", "moof", "traf"};
        if (std::ranges::find(containers, type) != std::end(containers)) return 0;
        if (type == "stsd" || type == "dref") return 8;
        if (type == "avc1" || type == "hvc1" || type == "av01") return 78;
        if (type == "mp4a" || type == "Opus") return 28;
        return -1;
    }

    void read(std::span<const std::uint8_t> in, const std::string& path)
    {
        ByteReader reader(in);
        while (reader.remaining() > 0) {
            const auto size = reader.u32();
            const auto name = reader.bytes(4);
            const std::string type(name.begin(), name.end());
            const auto content = reader.bytes(size - 8);
            if (!reader.ok() || size < 8) {
                broken = path + type;
                return;
            }
            boxes.emplace(path + type, content);
            const int head = head_of(type);
            if (head < 0) continue;
            read(content.subspan(static_cast<std::size_t>(head)), path + type + "/");
        }
    }
};

}  // namespace sluice::fmp4
