#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace sluice::motion {

/// Tells how much of a picture is another one than at the last look.
///
/// Looks are compared with each other and not with a learned background: a car that has parked is
/// no motion, and neither is the sun that wanders. Noise is smoothed away first, and a change of
/// light that all of the picture shares does not count up to half of the difference.
class Detector {
public:
    /// `difference`: grey levels (1 … 255) by which a pixel must differ more.
    Detector(std::size_t width, std::size_t height, int difference);

    /// Percent of the pixels that changed; 0 at the first look. `picture`: width × height bytes.
    double look(std::span<const std::uint8_t> picture);

private:
    void smooth(std::span<const std::uint8_t> picture);
    int shared_change() const;

    std::size_t width_;
    std::size_t height_;
    int difference_;
    bool seen_ = false;
    std::vector<std::uint16_t> rows_;  ///< sums of three neighbours in a row
    std::vector<std::uint8_t> now_;
    std::vector<std::uint8_t> before_;
};

}  // namespace sluice::motion
