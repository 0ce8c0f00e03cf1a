#include "detector.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>

namespace sluice::motion {

Detector::Detector(std::size_t width, std::size_t height, int difference)
    : width_(width),
      height_(height),
      difference_(difference),
      rows_(width * height),
      now_(width * height),
      before_(width * height)
{}

double Detector::look(std::span<const std::uint8_t> picture)
{
    now_.swap(before_);
    smooth(picture);
    if (!seen_) {
        seen_ = true;
        return 0;
    }
    const auto shared = shared_change();
    std::size_t changed = 0;
    for (std::size_t i = 0; i < now_.size(); ++i)
        changed += std::abs(now_[i] - before_[i] - shared) > difference_ ? 1 : 0;
    return 100.0 * static_cast<double>(changed) / static_cast<double>(now_.size());
}

/// Every pixel becomes the mean of the 3 × 3 around it; at the edges the picture goes on as it
/// ends.
void Detector::smooth(std::span<const std::uint8_t> picture)
{
    for (std::size_t y = 0; y < height_; ++y) {
        const auto row = picture.subspan(y * width_, width_);
        for (std::size_t x = 0; x < width_; ++x) {
            const auto left = row[x == 0 ? 0 : x - 1];
            const auto right = row[std::min(x + 1, width_ - 1)];
            rows_[y * width_ + x] = static_cast<std::uint16_t>(left + row[x] + right);
        }
    }
    for (std::size_t y = 0; y < height_; ++y) {
        const auto above = (y == 0 ? 0 : y - 1) * width_;
        const auto below = std::min(y + 1, height_ - 1) * width_;
        for (std::size_t x = 0; x < width_; ++x) {
            const auto sum = rows_[above + x] + rows_[y * width_ + x] + rows_[below + x];
            now_[y * width_ + x] = static_cast<std::uint8_t>(sum / 9);
        }
    }
}

/// The median of the changes, which a moving thing hardly touches; bounded, since a cut to another
/// picture is motion.
int Detector::shared_change() const
{
    constexpr int levels = 255;
    std::array<std::size_t, 2 * levels + 1> count{};
    for (std::size_t i = 0; i < now_.size(); ++i)
        ++count[static_cast<std::size_t>(levels + now_[i] - before_[i])];
    std::size_t below = 0;
    std::size_t at = 0;
    while (below + count[at] <= now_.size() / 2) below += count[at++];
    return std::clamp(static_cast<int>(at) - levels, -difference_ / 2, difference_ / 2);
}

}  // namespace sluice::motion
