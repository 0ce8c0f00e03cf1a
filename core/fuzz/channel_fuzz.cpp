#include <cstdlib>

#include "core/channel/access.hpp"
#include "core/channel/channel.hpp"

// Property: a record that is accepted means the same after it was written again, and decisions can
// be made with it.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::channel;
    const auto channel = decode({data, size});
    if (!channel) return 0;
    const auto again = decode(encode(*channel));
    if (!again || *again != *channel) std::abort();

    (void)may_publish(&*channel, {.id = channel->id, .args = channel->ingest.key}, 1);
    (void)may_play(&*channel,
                   {.id = channel->id,
                    .referer = channel->ingest.key,
                    .origin = channel->playback.key,
                    .host = channel->id},
                   1);
    return 0;
}
