#pragma once

#include <algorithm>
#include <initializer_list>
#include <numeric>
#include <vector>

#include "box.hpp"
#include "core/codec/test_samples.hpp"
#include "demuxer.hpp"
#include "fragment.hpp"
#include "movie.hpp"

/// For tests: files that a demuxer reads.
namespace sluice::fmp4::test {

using Data = std::vector<std::uint8_t>;

inline media::Track picture(std::size_t sample = 1)
{
    const auto& from = codec::samples::video.at(sample);
    return {.kind = media::Kind::video,
            .video = from.codec,
            .config = codec::samples::bytes(from.hex),
            .timescale = media::kVideoTimescale,
            .width = from.width,
            .height = from.height};
}

inline media::Track sound(std::size_t sample = 0)
{
    const auto& from = codec::samples::audio.at(sample);
    return {.kind = media::Kind::audio,
            .audio = from.codec,
            .config = codec::samples::bytes(from.hex),
            .timescale = from.sample_rate,
            .channels = from.channels};
}

inline Data movie_of(const std::vector<media::Track>& tracks)
{
    std::vector<const media::Track*> pointers;
    for (const auto& track : tracks) pointers.push_back(&track);
    return movie_header(pointers).value();
}

/// What a demuxer gave, in the order it did.
struct Heard : DemuxerSink {
    struct Sample {
        DemuxedSample facts;
        Data data;
        bool operator==(const Sample& other) const
        {
            return facts.track_id == other.facts.track_id && facts.dts == other.facts.dts &&
                   facts.composition == other.facts.composition &&
                   facts.duration == other.facts.duration && facts.sync == other.facts.sync &&
                   data == other.data;
        }
    };

    void movie(std::span<const MovieTrack> found) override
    {
        ++movies;
        tracks.assign(found.begin(), found.end());
    }
    void sample(const DemuxedSample& sample) override
    {
        samples.push_back({sample, {sample.data.begin(), sample.data.end()}});
    }

    int movies = 0;
    std::vector<MovieTrack> tracks;
    std::vector<Sample> samples;
};

/// Reads a whole file in pieces of `step` bytes.
inline Result<void> read(const Data& file, Heard& heard, std::size_t step = SIZE_MAX)
{
    Demuxer demuxer;
    for (std::size_t at = 0; at < file.size(); at += std::min(step, file.size() - at)) {
        const auto size = std::min(step, file.size() - at);
        const Data piece(file.begin() + static_cast<std::ptrdiff_t>(at),
                         file.begin() + static_cast<std::ptrdiff_t>(at + size));
        if (auto done = demuxer.take(piece, heard); !done) return done;
    }
    return demuxer.finish();
}

inline void append(Data& file, const Data& bytes)
{
    file.insert(file.end(), bytes.begin(), bytes.end());
}

inline Data ramp(std::size_t size, std::uint8_t first)
{
    Data bytes(size);
    std::iota(bytes.begin(), bytes.end(), first);
    return bytes;
}

inline void append_frame(Data& file, const Fragment& fragment, const Data& media)
{
    append_fragment_head(fragment, file);
    append(file, media);
}

/// Two pictures and a sound between them, each in a fragment of its own.
inline Data small_file()
{
    auto file = movie_of({picture(), sound()});
    const Sample key{3000, 300, 6000, true};
    const Sample other{3000, 200, -3000, false};
    const Sample frame{1024, 50};
    append_frame(file, {media::Kind::video, 1, 900'000, {&key, 1}, 1}, ramp(300, 1));
    append_frame(file, {media::Kind::audio, 2, 480'000, {&frame, 1}, 2}, ramp(50, 2));
    append_frame(file, {media::Kind::video, 3, 903'000, {&other, 1}, 1}, ramp(200, 3));
    return file;
}

/// A movie and a fragment whose boxes the test writes itself.
class WrittenByHand {
public:
    explicit WrittenByHand(const std::vector<media::Track>& tracks) : file(movie_of(tracks)) {}

    /// `traf` writes what is in it; `media` follows in an mdat.
    template <class Write>
    void fragment(Write traf, const Data& media)
    {
        {
            const Box moof(file, "moof");
            traf();
        }
        const Box mdat(file, "mdat");
        append(file, media);
    }

    void header(std::uint32_t flags, std::initializer_list<std::uint32_t> words)
    {
        const Box box(file, "tfhd", 0, flags);
        for (const auto word : words) ByteWriter(file).u32(word);
    }

    void time(std::uint32_t value)
    {
        const Box box(file, "tfdt", 0, 0);
        ByteWriter(file).u32(value);
    }

    void run(std::uint32_t flags, std::initializer_list<std::uint32_t> words)
    {
        const Box box(file, "trun", 0, flags);
        for (const auto word : words) ByteWriter(file).u32(word);
    }

    Data file;
};

}  // namespace sluice::fmp4::test
