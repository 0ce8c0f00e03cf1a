#include "task_size.hpp"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace sluice::control::ffmpeg {

TaskSize task_size(const nlohmann::json& channel, const char* job)
{
    static const std::map<std::string, TaskSize> sizes{{"micro", {256, 512}},
                                                       {"small", {512, 1024}},
                                                       {"medium", {1024, 2048}},
                                                       {"large", {2048, 4096}},
                                                       {"xlarge", {4096, 8192}}};
    return sizes.at(channel.at("task_sizes").at(job).get<std::string>());
}

}  // namespace sluice::control::ffmpeg
