#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <string_view>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/fmp4/demuxer.hpp"

namespace {

using namespace sluice;
using Bytes = std::span<const std::uint8_t>;

void require(bool holds, std::string_view what)
{
    if (holds) return;
    std::cerr << what << '\n';
    std::abort();
}

/// All that a demuxer said, in one line of numbers.
class Heard : public fmp4::DemuxerSink {
public:
    explicit Heard(Bytes file) : file_(file) {}

    void movie(std::span<const fmp4::MovieTrack> tracks) override
    {
        require(std::ranges::any_of(tracks, &fmp4::MovieTrack::known), "a movie of nothing");
        said.push_back(-1);
        for (const auto& track : tracks) {
            said.insert(said.end(), {track.id, track.known, track.shift, track.track.timescale});
            require(!track.known || track.track.timescale > 0, "a track without time");
        }
    }

    void sample(const fmp4::DemuxedSample& sample) override
    {
        require(!sample.data.empty() && sample.data.size() <= fmp4::kMaxSample, "its size");
        const auto found =
            std::search(file_.begin() + from_, file_.end(), sample.data.begin(), sample.data.end());
        require(found != file_.end(), "bytes that are not in the file");
        // In the order of the file, and none of them twice.
        from_ = found - file_.begin() + static_cast<std::ptrdiff_t>(sample.data.size());
        said.insert(said.end(), {sample.track_id, sample.dts, sample.composition, sample.duration,
                                 sample.sync, sample.us, sample.rest_us});
        said.insert(said.end(), sample.data.begin(), sample.data.end());
    }

    std::vector<std::int64_t> said;

private:
    Bytes file_;
    std::ptrdiff_t from_ = 0;
};

/// `step`: how long the pieces are, the number being shifted on; 0: the file in one piece.
std::vector<std::int64_t> read(Bytes file, std::uint32_t step)
{
    Heard heard(file);
    fmp4::Demuxer demuxer;
    Result<void> done;
    for (std::size_t at = 0; at < file.size() && done;) {
        const auto wanted = step == 0 ? file.size() : 1 + (step & 0x3f);
        step = step >> 1 | step << 31;
        const auto size = std::min(wanted, file.size() - at);
        const std::vector<std::uint8_t> piece(
            file.begin() + static_cast<std::ptrdiff_t>(at),
            file.begin() + static_cast<std::ptrdiff_t>(at + size));
        done = demuxer.take(piece, heard);
        at += size;
    }
    const auto end = demuxer.finish();
    require(done.has_value() || !end.has_value(), "an error that is forgotten");
    const auto failed = done ? -2
                             : static_cast<std::int64_t>(done.error().code) << 32 |
                                   static_cast<std::int64_t>(done.error().offset);
    heard.said.push_back(failed);
    return heard.said;
}

}  // namespace

/// The first four bytes say where the rest, a file, is cut: that changes nothing of what is read.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    ByteReader in({data, size});
    const auto step = in.u32();
    const auto file = in.rest();
    if (!in.ok()) return 0;
    require(read(file, 0) == read(file, step | 1), "cut elsewhere it says something else");
    return 0;
}
