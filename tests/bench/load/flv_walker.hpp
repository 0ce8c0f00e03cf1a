#pragma once

#include <algorithm>
#include <array>

#include "flv_format.hpp"
#include "stamp.hpp"

namespace sluice::bench {

/// One tag as a viewer sees it: its head, not its pictures.
struct WalkedTag {
    MediaType type{};
    std::uint32_t timestamp_ms = 0;
    std::size_t body_bytes = 0;
    View prefix;  ///< first bytes of the body, at most kStampPrefixBytes; valid during the call
};

/// Walks an FLV stream that comes in pieces and hands out each tag when its last byte has arrived.
/// Skips bodies instead of keeping them, so that thousands of viewers cost little.
class FlvWalker {
public:
    /// Calls `sink(const WalkedTag&)` for each tag that `bytes` completes. False when this is not
    /// FLV; then nothing more may be fed.
    template <class Sink>
    bool feed(View bytes, Sink&& sink)
    {
        while (!bytes.empty()) {
            bytes = bytes.subspan(take(bytes));
            if (held_size_ < want_ || skip_ > 0) continue;
            if (!finish_part(sink)) return false;
        }
        return true;
    }

private:
    enum class Part : std::uint8_t { file_header, tag_header, prefix, trailer };

    std::size_t take(View bytes);
    bool parse_tag_header();
    bool header_is_flv() const;
    bool trailer_matches() const;
    void expect(Part part, std::size_t bytes, std::size_t skip = 0);

    /// False when what was held breaks the format.
    template <class Sink>
    bool finish_part(Sink& sink)
    {
        switch (part_) {
            case Part::file_header:
                expect(Part::tag_header, kTagHeaderBytes);
                return header_is_flv();
            case Part::tag_header:
                return parse_tag_header();
            case Part::prefix:
                std::copy_n(held_.begin(), want_, prefix_.begin());
                expect(Part::trailer, kTagTrailerBytes);
                return true;
            case Part::trailer: {
                tag_.prefix = View(prefix_).first(std::min(tag_.body_bytes, kStampPrefixBytes));
                const bool good = trailer_matches();
                expect(Part::tag_header, kTagHeaderBytes);
                if (good) sink(tag_);
                return good;
            }
        }
        return false;
    }

    Part part_ = Part::file_header;
    std::size_t want_ = kFlvHeaderBytes;
    std::size_t skip_ = 0;  ///< bytes behind the wanted ones that are passed over
    std::size_t held_size_ = 0;
    std::array<std::uint8_t, kStampPrefixBytes> held_{};
    std::array<std::uint8_t, kStampPrefixBytes> prefix_{};
    WalkedTag tag_;
};

}  // namespace sluice::bench
