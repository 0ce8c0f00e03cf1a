#include <algorithm>
#include <array>
#include <cstdlib>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/hub/process.hpp"
#include "core/hub/reader.hpp"
#include "core/ingest/publication.hpp"

namespace {

using namespace sluice;

/// Checks whole FLV tags as they come: their frame, and that time never falls.
class Checker {
public:
    Checker(hub::Zone zone, hub::StreamRecord& stream) : reader_(zone, stream) {}

    void drain()
    {
        hub::Stretch stretch;
        while (reader_.look(4096, stretch) == hub::Sight::tags) {
            if (reader_.wants_config()) {
                config_.resize(3 * hub::kConfigBytes);
                config_.resize(reader_.copy_config(config_));
                check(config_, true);
                if (!config_.empty()) std::abort();
                continue;
            }
            for (const auto& piece : stretch.pieces)
                bytes_.insert(bytes_.end(), piece.begin(), piece.end());
            if (!reader_.settle(stretch, stretch.size)) std::abort();  // nobody writes meanwhile
            check(bytes_, false);
        }
    }

private:
    void check(std::vector<std::uint8_t>& bytes, bool config)
    {
        while (bytes.size() >= flv::kTagHeaderSize) {
            const auto header = flv::parse_tag_header(bytes);
            if (!header) std::abort();
            const auto size = flv::kTagHeaderSize + header->size + flv::kPreviousTagSize;
            if (bytes.size() < size) return;
            ByteReader trailer(
                std::span<const std::uint8_t>(bytes).subspan(size - flv::kPreviousTagSize));
            if (trailer.u32() != header->size + flv::kTagHeaderSize) std::abort();
            const bool metadata = config && header->type == flv::TagType::script;
            if (!metadata && header->timestamp_ms < newest_ms_) std::abort();
            if (!metadata) newest_ms_ = header->timestamp_ms;
            bytes.erase(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
        }
    }

    hub::Reader reader_;
    std::vector<std::uint8_t> bytes_, config_;
    std::uint32_t newest_ms_ = 0;
};

constexpr hub::RingClass kSmall{64 * 1024, 2};
constexpr hub::RingClass kLarge{128 * 1024, 1};

}  // namespace

/// Messages: type, whether a viewer looks now, milliseconds since the last, timestamp, size, times;
/// then the body, whose last byte is repeated until it is 1 + `times` as long. A viewer gets whole
/// FLV tags whose time never falls.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const hub::Geometry geometry{.streams = 2, .events = 16, .rings = {kSmall, kLarge}};
    std::vector<std::byte> memory(hub::zone_bytes(geometry));
    std::uint64_t key[2]{1, 2};
    const auto zone = hub::Zone::format(memory, geometry, 1, key);
    static const auto self = hub::own_process_id();
    auto& stream = *hub::open_stream(*zone, "demo");
    const auto claim = hub::claim_stream(*zone, stream, "demo", self, 0, false, 0);
    ingest::Publication publication(*zone, claim, self, 0, 0);

    Checker viewer(*zone, stream);
    ByteReader r({data, size});
    std::uint64_t mono_us = 0;
    while (r.remaining() >= 10) {
        const auto head = r.u8();
        constexpr flv::TagType kTypes[]{flv::TagType::audio, flv::TagType::video,
                                        flv::TagType::script};
        mono_us += r.u16() * 1000;
        const auto ms = r.u32();
        const auto wanted = r.u16();
        const auto times = r.u8();
        const auto from = size - r.remaining();
        const auto taken = std::min<std::size_t>(wanted, r.remaining());
        std::vector<std::uint8_t> body(data + from, data + from + taken);
        r.skip(taken);
        if (!body.empty()) body.resize(body.size() * (1 + times), body.back());
        const std::span<const std::uint8_t> all(body);
        const std::array<std::span<const std::uint8_t>, 2> pieces{all.first(body.size() / 3),
                                                                  all.subspan(body.size() / 3)};
        (void)publication.take(
            {.type = kTypes[head % 3], .timestamp_ms = ms, .pieces = pieces, .size = body.size()},
            mono_us);
        if (head & 0x80) viewer.drain();
    }
    viewer.drain();
    return 0;
}
