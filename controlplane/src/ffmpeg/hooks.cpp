#include "hooks.hpp"

#include <optional>
#include <utility>

#include "mark.hpp"
#include "motion.hpp"
#include "pull.hpp"
#include "relay.hpp"
#include "snapshot.hpp"
#include "transcode.hpp"

namespace sluice::control::ffmpeg {

std::vector<channel::Hook> hooks(const nlohmann::json& channel, const Context& context)
{
    std::vector<channel::Hook> all;
    for (auto* make : {pull, mark, transcode, snapshot, motion}) {
        if (auto hook = make(channel, context)) all.push_back(std::move(*hook));
    }
    for (auto& hook : relays(channel, context)) all.push_back(std::move(hook));
    return all;
}

}  // namespace sluice::control::ffmpeg
