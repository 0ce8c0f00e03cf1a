#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace sluice::motion {

/// Chooses the frames that are decoded for a look every `interval_ms`. Where key frames are close
/// enough, they are all that is needed, which costs next to nothing; else it is every frame.
class Selection {
public:
    explicit Selection(std::int64_t interval_ms) : interval_ms_(interval_ms) {}

    /// Whether the decoder is to have this frame. In the order of decoding.
    bool take(bool key, std::int64_t at_ms);

    /// Frames were lost: the decoder can go on with a key frame only.
    void wait_for_key();

private:
    bool take_key(std::int64_t at_ms);
    void measure(std::int64_t at_ms);
    bool keys_suffice() const { return gop_ms_ > 0 && gop_ms_ <= interval_ms_; }

    /// Of those behind a key frame: a decoder holds a frame back until it knows that no other comes
    /// before it.
    static constexpr unsigned kFollowers = 4;
    static constexpr std::size_t kRemembered = 4;

    std::int64_t interval_ms_;
    std::array<std::int64_t, kRemembered> distances_{};  ///< between the newest key frames
    std::size_t measured_ = 0;
    std::int64_t gop_ms_ = 0;  ///< the longest of them; 0: not known
    std::optional<std::int64_t> last_key_ms_;
    std::optional<std::int64_t> taken_ms_;
    bool decodable_ = false;  ///< the decoder has all since a key frame
    unsigned followers_ = 0;  ///< that still are to be taken
};

}  // namespace sluice::motion
