#include "demuxer.hpp"

#include <algorithm>
#include <utility>

#include "box_reader.hpp"

namespace sluice::fmp4 {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::uint64_t kMaxHeader = 1U << 20;  // moov, moof
constexpr std::uint64_t kMaxPassed = 16U << 20;
constexpr std::uint64_t kMaxMedia = std::uint64_t{1} << 56;
constexpr std::size_t kShortHead = 8;
constexpr std::size_t kLongHead = 16;

/// Four printable characters: what is no file soon has a box without.
bool is_name(std::uint32_t type)
{
    for (unsigned shift = 0; shift < 32; shift += 8) {
        const auto character = type >> shift & 0xff;
        if (character < 0x20 || character > 0x7e) return false;
    }
    return true;
}

std::size_t least(std::uint64_t a, std::size_t b)
{
    return static_cast<std::size_t>(std::min<std::uint64_t>(a, b));
}

}  // namespace

void Demuxer::consume(Bytes& in, std::size_t size)
{
    in = in.subspan(size);
    position_ += size;
    if (part_ == Part::head) return;
    rest_ -= size;
    if (rest_ == 0) part_ = Part::head;
}

Result<void> Demuxer::take(Bytes in, DemuxerSink& sink)
{
    while (!failed_ && !in.empty()) {
        Result<void> done;
        switch (part_) {
            case Part::head:
                done = take_head(in);
                break;
            case Part::gather:
                done = take_gathered(in, sink);
                break;
            case Part::media:
                take_media(in, sink);
                break;
            case Part::pass:
                consume(in, least(rest_, in.size()));
                break;
        }
        if (!done) failed_ = Error{done.error().code, done.error().where, box_start_};
    }
    if (failed_) return tl::unexpected(*failed_);
    return {};
}

Result<void> Demuxer::finish() const
{
    if (failed_) return tl::unexpected(*failed_);
    // An mdat may go on to the end of the file.
    const bool inside = part_ == Part::gather || part_ == Part::pass;
    if (inside || head_size_ != 0 || !announced_all_came()) {
        return tl::unexpected(Error{Errc::truncated, "mp4 box", box_start_});
    }
    return {};
}

Result<void> Demuxer::take_head(Bytes& in)
{
    if (head_size_ == 0) box_start_ = position_;
    ByteReader size_field(head_);
    const bool is_long = head_size_ >= kShortHead && size_field.u32() == 1;
    const auto wanted = (is_long ? kLongHead : kShortHead) - head_size_;
    const auto taken = std::min(wanted, in.size());
    std::copy_n(in.begin(), taken, head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
    head_size_ += taken;
    consume(in, taken);
    if (taken < wanted) return {};

    ByteReader head(head_);
    std::uint64_t size = head.u32();
    type_ = head.u32();
    if (size == 1 && !is_long) return {};
    if (is_long) size = head.u64();
    const auto head_size = std::exchange(head_size_, 0);
    const bool to_the_end = !is_long && size == 0 && type_ == box_type("mdat");
    if (!is_name(type_) || (size < head_size && !to_the_end)) {
        return tl::unexpected(Error{Errc::malformed, "mp4 box"});
    }
    return begin_box(to_the_end ? kMaxMedia : size - head_size);
}

Result<void> Demuxer::begin_box(std::uint64_t size)
{
    const bool header = type_ == box_type("moov") || type_ == box_type("moof");
    const bool media = type_ == box_type("mdat");
    if (size > (header ? kMaxHeader : media ? kMaxMedia : kMaxPassed)) {
        return tl::unexpected(Error{Errc::limit, "mp4 box"});
    }
    if (type_ == box_type("ftyp")) {  // whose places are counted anew
        position_ -= box_start_;
        box_start_ = 0;
    }
    rest_ = size;
    if (media) return begin_media();
    if ((header || type_ == box_type("ftyp")) && !announced_all_came()) {
        return tl::unexpected(Error{Errc::malformed, "mp4 samples outside of the media"});
    }
    if (header && size == 0) return tl::unexpected(Error{Errc::malformed, "mp4 empty header"});
    if (size > 0) part_ = header ? Part::gather : Part::pass;
    return {};
}

/// All that is announced for these bytes has to lie inside of them.
Result<void> Demuxer::begin_media()
{
    const auto end = position_ + rest_;
    for (auto i = next_; i < announced_.size() && announced_[i].offset < end; ++i) {
        const auto& sample = announced_[i];
        if (sample.offset < position_ || sample.offset + sample.size > end) {
            return tl::unexpected(Error{Errc::malformed, "mp4 samples outside of the media"});
        }
    }
    if (rest_ > 0) part_ = Part::media;
    return {};
}

Result<void> Demuxer::take_gathered(Bytes& in, DemuxerSink& sink)
{
    const auto size = least(rest_, in.size());
    const auto piece = in.first(size);
    const bool whole = size == rest_;
    if (whole && held_.empty()) {
        consume(in, size);
        return end_gathered(piece, sink);
    }
    held_.insert(held_.end(), piece.begin(), piece.end());
    consume(in, size);
    if (!whole) return {};
    auto done = end_gathered(held_, sink);
    held_.clear();
    return done;
}

Result<void> Demuxer::end_gathered(Bytes content, DemuxerSink& sink)
{
    if (type_ == box_type("moov")) return take_movie(content, sink);
    if (tracks_.empty()) {
        return tl::unexpected(Error{Errc::malformed, "mp4 fragment before its movie"});
    }
    next_ = 0;
    auto done = read_fragment(content, box_start_, tracks_, announced_);
    if (!done) announced_.clear();
    return done;
}

Result<void> Demuxer::take_movie(Bytes content, DemuxerSink& sink)
{
    auto movie = read_movie(content);
    if (!movie) return tl::unexpected(movie.error());
    tracks_.clear();
    for (const auto& track : *movie) tracks_.push_back({track});
    sink.movie(*movie);
    return {};
}

void Demuxer::take_media(Bytes& in, DemuxerSink& sink)
{
    const auto end = position_ + rest_;
    if (announced_all_came() || announced_[next_].offset >= end) {
        consume(in, least(rest_, in.size()));
        return;
    }
    const auto& sample = announced_[next_];
    if (sample.offset > position_) {
        consume(in, least(sample.offset - position_, in.size()));
        return;
    }
    const auto size = least(sample.size - held_.size(), in.size());
    const auto piece = in.first(size);
    const bool whole = held_.size() + size == sample.size;
    consume(in, size);
    if (whole && held_.empty()) return give(piece, sink);
    held_.insert(held_.end(), piece.begin(), piece.end());
    if (!whole) return;
    give(held_, sink);
    held_.clear();
}

void Demuxer::give(Bytes data, DemuxerSink& sink)
{
    const auto& sample = announced_[next_++];
    sink.sample({.track_id = sample.track_id,
                 .dts = sample.dts,
                 .composition = sample.composition,
                 .duration = sample.duration,
                 .sync = sample.sync,
                 .us = sample.us,
                 .rest_us = sample.rest_us,
                 .data = data});
}

}  // namespace sluice::fmp4
