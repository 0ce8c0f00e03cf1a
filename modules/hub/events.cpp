#include <bit>
#include <nlohmann/json.hpp>
#include <string>

#include "core/hub/events.hpp"
#include "worker.hpp"

namespace sluice::ngx {

bool raise_json(std::string_view json)
{
    auto* self = worker();
    if (self == nullptr) return false;
    std::uint64_t seq = 0;
    if (!hub::post_event(self->zone, json, seq)) return false;
    hub::SlotMask poke = 0;
    for (std::uint32_t i = 0; i < hub::kSlots; ++i) {
        auto& slot = self->zone.slot(i);
        if (slot.follows_events.load() == 0) continue;
        slot.events_dirty.store(1);
        if (slot.pending.exchange(1) == 0) poke |= hub::SlotMask{1} << i;
    }
    self->poke(poke);
    return true;
}

void raise(std::string_view type, std::string_view channel,
           std::initializer_list<EventField> fields)
{
    nlohmann::ordered_json event{{"type", type}, {"ts_ms", wall_ms()}};
    if (!channel.empty()) event["channel"] = channel;
    for (const auto& field : fields) {
        std::visit([&](auto value) { event[std::string(field.name)] = value; }, field.value);
    }
    raise_json(event.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
}

}  // namespace sluice::ngx
