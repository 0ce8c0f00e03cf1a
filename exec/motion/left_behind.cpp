#include "left_behind.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <map>

#include "core/fmp4/demuxer.hpp"

namespace sluice::motion {
namespace {

/// The end of the last sample.
class Measure : public fmp4::DemuxerSink {
public:
    void movie(std::span<const fmp4::MovieTrack> tracks) override
    {
        for (const auto& track : tracks) scale_[track.id] = track.track.timescale;
    }
    void sample(const fmp4::DemuxedSample& sample) override
    {
        const auto scale = std::max<std::int64_t>(scale_[sample.track_id], 1);
        const auto end_ms = (sample.dts + sample.duration) * 1000 / scale;
        duration_ms = std::max(duration_ms.value_or(0), end_ms);
    }
    std::optional<std::int64_t> duration_ms;

private:
    std::map<std::uint32_t, std::int64_t> scale_;
};

}  // namespace

std::optional<std::int64_t> duration_of_left_behind(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    fmp4::Demuxer demuxer;
    Measure measure;
    std::array<char, 64u << 10> block{};
    while (file.read(block.data(), block.size()), file.gcount() > 0) {
        const std::span bytes(reinterpret_cast<const std::uint8_t*>(block.data()),
                              static_cast<std::size_t>(file.gcount()));
        // Whatever comes behind bytes that are wrong is lost in any case.
        if (!demuxer.take(bytes, measure)) break;
    }
    return measure.duration_ms;
}

}  // namespace sluice::motion
