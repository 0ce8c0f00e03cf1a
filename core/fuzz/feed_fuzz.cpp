#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/fmp4/demuxer.hpp"
#include "core/hook/feed.hpp"

namespace {

using namespace sluice;

void require(bool holds, std::string_view what)
{
    if (holds) return;
    std::cerr << what << '\n';
    std::abort();
}

/// A process that reads what it is fed with, a new one for every movie.
class Process : public fmp4::DemuxerSink {
public:
    void take(const hook::Piece& piece)
    {
        sample_.reset();
        movies_ = 0;
        wanted_ = piece.media;
        require(demuxer_.take(piece.head, *this).has_value(), "a head that nobody reads");
        require(!sample_, "a sample before its bytes");
        require(demuxer_.take(piece.media, *this).has_value(), "media that nobody reads");
        require(demuxer_.finish().has_value(), "a piece that is no whole fragment");
        require(sample_.has_value(), "a piece without a sample");
        begun_ = true;
    }

    /// The next piece has to begin with a header.
    void begin_anew()
    {
        demuxer_ = {};
        begun_ = false;
    }

private:
    void movie(std::span<const fmp4::MovieTrack> tracks) override
    {
        require(!begun_, "a second header for one process");
        require(++movies_ == 1 && !tracks.empty() && tracks.size() <= 2, "its tracks");
        require(std::ranges::all_of(tracks, &fmp4::MovieTrack::known), "a track that is not read");
        picture_ = tracks[0].track.kind == media::Kind::video;
        last_ = {-1, -1};
    }

    void sample(const fmp4::DemuxedSample& sample) override
    {
        require(std::ranges::equal(sample.data, wanted_), "other bytes");
        require(begun_ || sample.sync, "a movie that begins with no key frame");
        require(begun_ || !picture_ || sample.track_id == 1, "a movie that begins with sound");
        require(sample.dts >= 0, "a time below zero");
        auto& last = last_.at(sample.track_id - 1);
        require(sample.dts >= last, "times that fall");
        last = sample.dts;
        sample_ = sample;
    }

    fmp4::Demuxer demuxer_;
    std::span<const std::uint8_t> wanted_;
    std::optional<fmp4::DemuxedSample> sample_;
    std::array<std::int64_t, 2> last_{-1, -1};
    int movies_ = 0;
    bool picture_ = false;
    bool begun_ = false;
};

}  // namespace

/// Messages as publication_fuzz reads them, but times only ever rise, as the normaliser makes them;
/// what is its timestamp says here what else happens first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    ByteReader in({data, size});
    hook::Feed feed(size % 2 == 0 ? channel::Frames::all : channel::Frames::key);
    Process process;
    std::int64_t now_ms = 0;
    while (in.remaining() >= 10) {
        const auto head = in.u8();
        now_ms += in.u16();
        const auto what = in.u8();
        in.skip(3);
        const auto wanted = in.u16();
        in.skip(1);
        const auto body = in.bytes(std::min<std::size_t>(wanted, in.remaining()));
        if (what == 1) feed.begin_anew();
        if (what >= 2 && what < 6) feed.expect((what & 1) != 0, (what & 2) != 0);
        if (!feed.begun()) process.begin_anew();
        constexpr std::array types{flv::TagType::audio, flv::TagType::video, flv::TagType::script};
        const auto fed = feed.take(types[head % types.size()], body, now_ms);
        require(!fed.restart || fed.piece.size() == 0, "a piece for nobody");
        if (fed.piece.size() > 0) process.take(fed.piece);
    }
    return 0;
}
