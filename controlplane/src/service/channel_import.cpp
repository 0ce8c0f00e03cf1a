#include "channel_import.hpp"

#include <set>
#include <string>
#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "channel_document.hpp"
#include "channel_export.hpp"
#include "channel_references.hpp"
#include "channel_schema.hpp"
#include "clean_text.hpp"
#include "gathered_errors.hpp"
#include "legacy_channel.hpp"
#include "template_import.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;
/// Answers to a request with an Idempotency-Key are kept: of a larger one, the counts only.
constexpr std::size_t kLargestKept = 512 << 10;

constexpr auto kTemplates = "transcode_templates";

struct Plan {
    TemplatePlan templates;
    ChannelChanges changes;
    std::size_t unchanged = 0;
    json errors = json::array();
    GatheredErrors wrong;

    void add_error(const std::string& part, const json& id, const Error& error)
    {
        const auto known = wrong.fields().size();
        wrong.add(part, error);
        for (auto i = known; i < wrong.fields().size(); ++i) {
            const auto& field = wrong.fields()[i];
            errors.push_back({{"id", id}, {"field", field.field}, {"message", field.message}});
        }
    }
};

Result<void> check_shape(const json& document)
{
    Findings findings;
    findings.shape = true;
    if (!document.is_object()) {
        findings.add("body", "must be an object");
        return findings.verdict();
    }
    for (const auto& [name, value] : document.items()) {
        if (name != "version" && name != "channels" && name != kTemplates) {
            findings.add(clean_text(name, kShownName), "is not a known field");
        }
    }
    if (!document.contains("channels") || !document["channels"].is_array()) {
        findings.add("channels", "must be a list");
    }
    if (document.contains(kTemplates) && !document[kTemplates].is_array()) {
        findings.add(kTemplates, "must be a list");
    }
    if (!document.contains("version")) {
        findings.add("version", "is missing");
    } else if (document["version"] != kExportVersion) {
        findings.shape = !document["version"].is_number_integer();
        findings.add("version", "must be " + std::to_string(kExportVersion));
    }
    return findings.verdict();
}

/// What the older API keeps beside a channel: only an export with secrets holds it.
Result<json> legacy_of(const json& wanted)
{
    if (!wanted.is_object() || !wanted.contains(kLegacy)) return json();
    const auto& kept = wanted[kLegacy];
    const bool fits = kept.is_object() && kept.size() <= kMaxLegacyUnknown &&
                      kept.dump().size() <= kMaxLegacyBytes;
    if (fits) return kept;
    return fail(Errc::invalid, "is not what an export holds", {{kLegacy, "is not an export's"}});
}

/// new_channel() and replaced_channel(), with what they refuse from others.
Result<json> imported(json wanted, const json& current)
{
    const auto legacy = legacy_of(wanted);
    if (!legacy) return legacy;
    if (wanted.is_object()) wanted.erase(kLegacy);
    auto next = current.is_null() ? new_channel(wanted) : replaced_channel(current, wanted);
    if (next && !legacy->is_null()) (*next)[kLegacy] = *legacy;
    return next;
}

/// nullopt when the channel is as it should be. It may name the `templates` that are made with it.
Result<std::optional<ChannelChange>> change_of(const store::Store& store, const std::string& id,
                                               const json& wanted,
                                               const std::set<std::string>& templates)
{
    auto entry = store.get(schema::channel(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) {
        auto channel = imported(wanted, nullptr);
        if (!channel) return tl::unexpected(channel.error());
        auto fine = check_references(store, nullptr, *channel, templates);
        if (!fine) return tl::unexpected(fine.error());
        return ChannelChange{id, nullptr, std::move(*channel), 0};
    }
    auto before = from_stored(**entry);
    if (!before) return tl::unexpected(before.error());
    auto after = imported(wanted, *before);
    if (!after) return tl::unexpected(after.error());
    if (auto fine = check_references(store, *before, *after, templates); !fine)
        return tl::unexpected(fine.error());
    if (audit::changed_fields(*before, *after).empty()) return std::optional<ChannelChange>{};
    return std::optional{
        ChannelChange{id, std::move(*before), std::move(*after), (*entry)->version}};
}

Result<std::string> id_of(const json& wanted, const std::set<std::string>& known)
{
    const auto wrong = [](Errc code, const std::string& message) {
        return fail(code, message, {{"id", message}});
    };
    if (!wanted.is_object()) return fail(Errc::malformed, "must be an object");
    if (!wanted.contains("id")) return wrong(Errc::invalid, "is missing");
    if (!wanted["id"].is_string()) return wrong(Errc::malformed, "must be a text");
    auto id = wanted["id"].get<std::string>();
    constexpr std::size_t kLongest = 256;
    if (id.empty() || id.size() > kLongest) return wrong(Errc::invalid, "is no channel's id");
    if (known.contains(id)) return wrong(Errc::invalid, "is there twice");
    return id;
}

Result<void> add_deletions(const store::Store& store, const std::set<std::string>& named,
                           ChannelChanges& changes)
{
    std::string after;
    for (bool more = true; more;) {
        auto page = store.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            const auto id = entry.key.substr(schema::kChannels.size());
            if (!named.contains(id)) changes.push_back(removal(id, entry));
        }
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    return {};
}

Result<Plan> make_plan(const store::Store& store, const json& document, bool replace)
{
    Plan plan;
    auto templates = plan_templates(
        store, document.value(kTemplates, json::array()),
        [&](const auto& part, const auto& error) { plan.add_error(part, nullptr, error); });
    if (!templates) return tl::unexpected(templates.error());
    plan.templates = std::move(*templates);
    std::set<std::string> named;
    const auto& channels = document.at("channels");
    for (std::size_t i = 0; i < channels.size(); ++i) {
        const auto part = "channels[" + std::to_string(i) + "]";
        const auto id = id_of(channels[i], named);
        if (!id) {
            plan.add_error(part, nullptr, id.error());
            continue;
        }
        named.insert(*id);
        auto change = change_of(store, *id, channels[i], plan.templates.made);
        if (!change) {
            plan.add_error(part, *id, change.error());
        } else if (*change) {
            plan.changes.push_back(std::move(**change));
        } else {
            ++plan.unchanged;
        }
    }
    if (!replace) return plan;
    if (auto done = add_deletions(store, named, plan.changes); !done) {
        return tl::unexpected(done.error());
    }
    return plan;
}

json shown(const ChannelChanges& changes, std::size_t unchanged, const TemplatePlan& templates,
           json errors)
{
    json create = json::array();
    json update = json::array();
    json deleted = json::array();
    for (const auto& change : changes) {
        if (change.before.is_null()) {
            create.push_back(change.id);
        } else if (change.after.is_null()) {
            deleted.push_back(change.id);
        } else {
            update.push_back({{"id", change.id},
                              {"changed", audit::changed_fields(change.before, change.after)}});
        }
    }
    json counts{{"create", create.size()}, {"update", update.size()}, {"delete", deleted.size()}};
    return {{"create", std::move(create)},  {"update", std::move(update)},
            {"delete", std::move(deleted)}, {"unchanged", unchanged},
            {"counts", std::move(counts)},  {kTemplates, templates.shown()},
            {"errors", std::move(errors)}};
}

Result<void> check_confirmed(const Plan& plan, const ImportOptions& options)
{
    std::size_t deletions = 0;
    for (const auto& change : plan.changes) deletions += change.after.is_null() ? 1 : 0;
    if (deletions == options.confirm_deletes.value_or(0)) return {};
    const auto message =
        "must be " + std::to_string(deletions) + ", the number of channels that would be deleted";
    return fail(Errc::conflict, "confirm_deletes " + message, {{"confirm_deletes", message}});
}

audit::Change summary(const ChannelChanges& changes, bool replace)
{
    auto counts = shown(changes, 0, {}, json::array()).at("counts");
    counts["mode"] = replace ? "replace" : "merge";
    return {"channels.import", "channels", nullptr, std::move(counts)};
}

}  // namespace

Result<Imported> import_channels(Channels& channels, const store::Store& store, const Caller& by,
                                 const json& document, const ImportOptions& options)
{
    if (auto fine = check_shape(document); !fine) return tl::unexpected(fine.error());
    if (options.dry_run) {
        return make_plan(store, document, options.replace).map([](Plan&& plan) {
            return Imported{
                shown(plan.changes, plan.unchanged, plan.templates, std::move(plan.errors)), false,
                false};
        });
    }
    std::size_t unchanged = 0;
    TemplatePlan templates;
    const auto plan = [&]() -> Result<ChannelChanges> {
        auto made = make_plan(store, document, options.replace);
        if (!made) return tl::unexpected(made.error());
        if (!made->wrong.empty()) return tl::unexpected(made->wrong.error());
        if (auto fine = check_confirmed(*made, options); !fine) return tl::unexpected(fine.error());
        unchanged = made->unchanged;
        templates = std::move(made->templates);
        return std::move(made->changes);
    };
    const auto answer = [&](const ChannelChanges& changes) {
        auto kept = shown(changes, unchanged, templates, json::array());
        if (kept.dump().size() <= kLargestKept) return kept;
        for (const auto* list : {"create", "update", "delete"}) kept[list] = json::array();
        return kept;
    };
    const auto note = [&](const ChannelChanges& changes) {
        return summary(changes, options.replace);
    };
    auto done =
        channels.commit(by, plan, {options.once, answer, [&] { return templates.changes; }, note});
    if (!done) return tl::unexpected(done.error());
    if (done->replayed) return Imported{std::move(done->replayed->answer), done->applied, true};
    return Imported{shown(done->changes, unchanged, templates, json::array()), done->applied,
                    false};
}

}  // namespace sluice::control
