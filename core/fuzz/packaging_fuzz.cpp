#include <array>
#include <cstdlib>
#include <optional>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/fmp4/box_tree.hpp"
#include "core/fmp4/init_segment.hpp"
#include "core/media/unit_reader.hpp"
#include "core/mpegts/muxer.hpp"
#include "core/mpegts/transport_stream.hpp"
#include "core/package/boundaries.hpp"
#include "core/package/cmaf_track.hpp"

namespace {

using namespace sluice;
using Bytes = std::vector<std::uint8_t>;

void require(bool holds)
{
    if (!holds) std::abort();
}

/// Packages whatever comes, and checks what comes out.
class Packaging {
public:
    void message(bool video, std::span<const std::uint8_t> body, std::int64_t dts_ms)
    {
        const auto found =
            video ? reader_.read_video(body, dts_ms) : reader_.read_audio(body, dts_ms);
        if (!found) return;
        if (found->new_track) begin(found->kind);
        if (found->unit) unit(found->kind, *found->unit);
    }

    void finish()
    {
        for (auto& track : tracks_) {
            if (track) chunk(track->finish());
        }
        if (muxer_) require(mpegts::TransportStream(transport_).broken.empty());
    }

private:
    void begin(media::Kind kind)
    {
        const auto& track = *reader_.track(kind);
        if (const auto file = fmp4::init_segment(track)) {
            require(fmp4::BoxTree(*file).broken.empty());
        }
        auto& slot = tracks_.at(static_cast<std::size_t>(kind));
        if (slot) chunk(slot->finish());
        slot.emplace(track, track.timescale / 5);
        last_.at(static_cast<std::size_t>(kind)) = -1;
        auto muxer = mpegts::Muxer::make(reader_.track(media::Kind::video),
                                         reader_.track(media::Kind::audio));
        transport_.clear();
        muxer_.reset();
        if (muxer) muxer_.emplace(std::move(*muxer));
        if (muxer_) muxer_->append_tables(transport_);
    }

    static void chunk(const std::optional<package::Chunk>& chunk)
    {
        if (!chunk) return;
        auto bytes = chunk->head;
        bytes.insert(bytes.end(), chunk->media.begin(), chunk->media.end());
        require(fmp4::BoxTree(bytes).broken.empty());
    }

    void unit(media::Kind kind, const media::AccessUnit& unit)
    {
        const auto index = static_cast<std::size_t>(kind);
        if (kind == media::Kind::video) require(unit.dts > last_.at(index));
        last_.at(index) = unit.dts;
        if (kind == media::Kind::video) {
            if (const auto cut = boundaries_.before({.dts = unit.dts,
                                                     .duration = unit.duration,
                                                     .key = unit.key,
                                                     .composition = unit.composition})) {
                for (auto& track : tracks_) {
                    if (!track) continue;
                    if (const auto missed = track->cut_at(*cut)) chunk(missed->last_chunk);
                }
            }
        }
        const auto step = tracks_.at(index)->add(unit);
        chunk(step.last_chunk);
        chunk(step.late);
        chunk(step.chunk);
        if (!muxer_) return;
        const auto before = transport_.size();
        const auto done = kind == media::Kind::video ? muxer_->append_video(unit, transport_)
                                                     : muxer_->append_audio({&unit, 1}, transport_);
        require(done.has_value() || transport_.size() == before);
    }

    media::UnitReader reader_;
    package::Boundaries boundaries_{{180'000, 540'000}, 1};
    std::array<std::optional<package::CmafTrack>, 2> tracks_;
    std::array<std::int64_t, 2> last_{-1, -1};
    std::optional<mpegts::Muxer> muxer_;
    Bytes transport_;
};

}  // namespace

/// Messages as publication_fuzz reads them; times only ever rise, as the normaliser makes them.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    Packaging packaging;
    ByteReader r({data, size});
    std::int64_t dts_ms = 0;
    while (r.remaining() >= 10) {
        const auto head = r.u8();
        dts_ms += r.u16();
        r.skip(4);
        const auto wanted = r.u16();
        const auto times = r.u8();
        const auto taken = r.bytes(std::min<std::size_t>(wanted, r.remaining()));
        Bytes body(taken.begin(), taken.end());
        if (!body.empty()) body.resize(body.size() * (1 + times), body.back());
        if (head % 3 != 2) packaging.message(head % 3 == 1, body, dts_ms);
    }
    packaging.finish();
    return 0;
}
