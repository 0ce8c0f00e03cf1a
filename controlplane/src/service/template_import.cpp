#include "template_import.hpp"

#include <optional>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "transcode_templates.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

/// nullopt when the template is as it should be.
Result<std::optional<TemplateChange>> change_of(const store::Store& store, const json& wanted)
{
    auto after = new_template(wanted);
    if (!after) return tl::unexpected(after.error());
    auto name = after->at("name").get<std::string>();
    const auto entry = store.get(schema::transcode_template(name));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return TemplateChange{std::move(name), nullptr, std::move(*after), 0};
    auto before = template_of(**entry);
    if (!before) return tl::unexpected(before.error());
    after = replaced_template(*before, wanted);
    if (!after) return tl::unexpected(after.error());
    if (audit::changed_fields(*before, *after).empty()) return std::optional<TemplateChange>{};
    return TemplateChange{std::move(name), std::move(*before), std::move(*after),
                          (*entry)->version};
}

Result<bool> is_room(const store::Store& store, std::size_t more)
{
    const auto most = TranscodeTemplates::kMaxTemplates;
    return store.list(schema::kTranscodeTemplates, "", most).map([&](const store::Page& page) {
        return more == 0 || page.items.size() + more <= most;
    });
}

}  // namespace

json TemplatePlan::shown() const
{
    json create = json::array();
    json update = json::array();
    for (const auto& change : changes) {
        if (change.before.is_null()) {
            create.push_back(change.name);
        } else {
            update.push_back({{"name", change.name},
                              {"changed", audit::changed_fields(change.before, change.after)}});
        }
    }
    return {{"create", std::move(create)}, {"update", std::move(update)}, {"unchanged", unchanged}};
}

Result<TemplatePlan> plan_templates(const store::Store& store, const json& wanted,
                                    const WrongTemplate& wrong)
{
    TemplatePlan plan;
    std::set<std::string> named;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        const auto part = "transcode_templates[" + std::to_string(i) + "]";
        auto change = change_of(store, wanted[i]);
        if (!change) {
            wrong(part, change.error());
            continue;
        }
        if (!named.insert(wanted[i].at("name").get<std::string>()).second) {
            wrong(part, {Errc::invalid, "is there twice", {{"name", "is there twice"}}});
        } else if (*change) {
            if ((*change)->before.is_null()) plan.made.insert((*change)->name);
            plan.changes.push_back(std::move(**change));
        } else {
            ++plan.unchanged;
        }
    }
    const auto room = is_room(store, plan.made.size());
    if (!room) return tl::unexpected(room.error());
    if (!*room) {
        wrong("transcode_templates",
              {Errc::conflict,
               "would be more than " + std::to_string(TranscodeTemplates::kMaxTemplates),
               {}});
    }
    return plan;
}

}  // namespace sluice::control
