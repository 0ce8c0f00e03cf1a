#include "template_reference.hpp"

#include <algorithm>
#include <utility>

#include "../store/schema.hpp"
#include "builtin_templates.hpp"
#include "channel_document.hpp"
#include "rendition_rule.hpp"
#include "resolved_renditions.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;

/// What a complete document names, in its order.
std::vector<std::string> names_in(const json& channel)
{
    static const json::json_pointer place("/transcode/renditions");
    if (!channel.is_object() || !channel.contains(place)) return {};
    return rendition_names(channel.at(place));
}

bool names(const json& channel, const std::string& name)
{
    const auto all = names_in(channel);
    return std::ranges::find(all, name) != all.end();
}

/// Whether `after` makes its channel depend on a template, which it did not do before.
bool begins_to_name(const json& before, const std::string& name)
{
    return !is_builtin_template(name) && !names(before, name);
}

}  // namespace

Result<void> check_templates(const store::Store& store, const json& before, const json& after,
                             const std::set<std::string>& made)
{
    std::vector<FieldError> wrong;
    const auto wanted = names_in(after);
    for (std::size_t i = 0; i < wanted.size(); ++i) {
        if (made.contains(wanted[i]) || !begins_to_name(before, wanted[i])) continue;
        const auto entry = store.get(schema::transcode_template(wanted[i]));
        if (!entry) return tl::unexpected(entry.error());
        if (*entry) continue;
        wrong.push_back(
            {"transcode.renditions[" + std::to_string(i) + "]", "names no transcode template"});
    }
    if (wrong.empty()) return {};
    const auto& first = wrong.front();
    return fail(Errc::invalid, first.field + " " + first.message, std::move(wrong));
}

Result<void> hold_templates(const store::Store& store, const ChannelChanges& changes,
                            std::vector<store::Operation>& work)
{
    std::set<std::string> held;
    for (const auto& change : changes) {
        for (const auto& name : names_in(change.after)) {
            if (begins_to_name(change.before, name)) held.insert(name);
        }
    }
    for (const auto& name : held) {
        const auto key = schema::transcode_template(name);
        const bool put_here = std::ranges::find(work, key, &store::Operation::key) != work.end();
        // A deletion that saw the one before starts again.
        work.push_back(store::put(schema::transcode_template_use(name), "{}"));
        if (put_here) continue;
        const auto entry = store.get(key);
        if (!entry) return tl::unexpected(entry.error());
        if (!*entry) return fail(Errc::precondition, "the template was deleted meanwhile");
        work.push_back(store::check(key, (*entry)->version));
    }
    return {};
}

Result<std::vector<std::string>> channels_with_template(const store::Store& store,
                                                        const std::string& name, std::size_t most)
{
    const auto quoted = json(name).dump();
    std::vector<std::string> channels;
    std::string after;
    for (bool more = true; more;) {
        const auto page = store.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            if (entry.value.find(quoted) == std::string::npos) continue;  // most: not worth reading
            const auto channel = from_stored(entry);
            if (!channel || !names(*channel, name)) continue;
            channels.push_back(entry.key.substr(schema::kChannels.size()));
            if (channels.size() == most) return channels;
        }
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    return channels;
}

std::optional<json> stored_template(const store::Store& store, const std::string& name)
{
    const auto entry = store.get(schema::transcode_template(name));
    if (!entry || !*entry) return std::nullopt;
    const auto document = json::parse((*entry)->value, nullptr, false);
    if (!document.is_object()) return std::nullopt;
    return complete(rendition_rule(), document);
}

}  // namespace sluice::control
