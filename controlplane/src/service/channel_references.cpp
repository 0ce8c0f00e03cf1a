#include "channel_references.hpp"

#include "asset_reference.hpp"
#include "template_reference.hpp"

namespace sluice::control {

Result<void> check_references(const store::Store& store, const nlohmann::json& before,
                              const nlohmann::json& after, const std::set<std::string>& templates)
{
    if (auto fine = check_asset(store, before, after); !fine) return fine;
    return check_templates(store, before, after, templates);
}

Result<void> hold_references(const store::Store& store, const ChannelChanges& changes,
                             std::vector<store::Operation>& work)
{
    if (auto held = hold_assets(store, changes, work); !held) return held;
    return hold_templates(store, changes, work);
}

}  // namespace sluice::control
