#include "flv_walker.hpp"

namespace sluice::bench {
namespace {

std::uint32_t be24(const std::uint8_t* at)
{
    return std::uint32_t{at[0]} << 16 | std::uint32_t{at[1]} << 8 | at[2];
}

}  // namespace

/// Holds or skips the first bytes; how many.
std::size_t FlvWalker::take(View bytes)
{
    const auto hold = std::min(want_ - held_size_, bytes.size());
    std::copy_n(bytes.begin(), hold, held_.begin() + static_cast<std::ptrdiff_t>(held_size_));
    held_size_ += hold;
    const auto skip = std::min(skip_, bytes.size() - hold);
    skip_ -= skip;
    return hold + skip;
}

void FlvWalker::expect(Part part, std::size_t bytes, std::size_t skip)
{
    part_ = part;
    want_ = bytes;
    skip_ = skip;
    held_size_ = 0;
}

bool FlvWalker::header_is_flv() const
{
    return held_[0] == 'F' && held_[1] == 'L' && held_[2] == 'V' && held_[3] == 1;
}

bool FlvWalker::parse_tag_header()
{
    tag_.type = static_cast<MediaType>(held_[0] & 0x1f);
    tag_.body_bytes = be24(held_.data() + 1);
    tag_.timestamp_ms = std::uint32_t{held_[7]} << 24 | be24(held_.data() + 4);
    if (tag_.type != MediaType::audio && tag_.type != MediaType::video &&
        tag_.type != MediaType::script)
        return false;

    const auto prefix = std::min(tag_.body_bytes, kStampPrefixBytes);
    if (prefix == 0) {
        expect(Part::trailer, kTagTrailerBytes);
    } else {
        expect(Part::prefix, prefix, tag_.body_bytes - prefix);
    }
    return true;
}

bool FlvWalker::trailer_matches() const
{
    return held_[0] == 0 && be24(held_.data() + 1) == tag_.body_bytes + kTagHeaderBytes;
}

}  // namespace sluice::bench
