#include "context.hpp"

#include <functional>
#include <initializer_list>

namespace sluice::control::ffmpeg {

std::string identity(const Context& context)
{
    std::string all;
    for (const auto* part :
         {&context.dir, &context.ffmpeg, &context.motion, &context.version, &context.encoders.h264,
          &context.encoders.h265, &context.fonts.text, &context.fonts.symbols}) {
        all += *part;
        all += '\0';
    }
    return std::to_string(std::hash<std::string>{}(all));
}

}  // namespace sluice::control::ffmpeg
