#include "error_line.hpp"

#include <gtest/gtest.h>

namespace sluice::hook {
namespace {

TEST(ErrorLine, IsToldFromTheOthersByItsWords)
{
    for (const auto* line :
         {"pipe:0: Invalid data found when processing input",
          "[tcp @ 0x55] Connection to tcp://h:1 failed: Connection refused",
          "Unrecognized option 'x'.", "[AVHWDeviceContext @ 0x5] Cannot load libcuda.so.1",
          "Unknown encoder 'libx266'", "Conversion failed!"})
        EXPECT_TRUE(tells_of_error(line)) << line;
    for (const auto* line :
         {"", "Press [q] to stop, [?] for help", "  Stream #0:0 -> #0:0 (copy)",
          "    Last message repeated 3 times",
          "frame=   25 fps=0.0 q=-1.0 size=       1kB time=00:00:01.00 speed=1x"})
        EXPECT_FALSE(tells_of_error(line)) << line;
}

}  // namespace
}  // namespace sluice::hook
