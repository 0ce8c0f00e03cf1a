#include "transcode_templates.hpp"

#include <algorithm>
#include <utility>

#include "../store/schema.hpp"
#include "builtin_templates.hpp"
#include "core/channel/stream_name.hpp"
#include "template_change.hpp"
#include "template_reference.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr int kAttempts = 20;  ///< of a change that others outrun
constexpr std::size_t kMostShown = 100;

Error no_such_template()
{
    return {Errc::not_found, "there is no such transcode template", {}};
}

json shown(json document, std::uint64_t version)
{
    document["builtin"] = false;
    document["version"] = version;
    return document;
}

/// It never changes: one version is all it has.
json shown_builtin(json document)
{
    document["builtin"] = true;
    document["version"] = 1;
    document["created_at"] = nullptr;
    document["updated_at"] = nullptr;
    return document;
}

/// Where a template stands in the list.
std::string rank(std::string_view name)
{
    const auto& first = builtin_templates();
    const auto at =
        std::ranges::find_if(first, [&](const json& form) { return form.at("name") == name; });
    if (at == first.end()) return "1" + std::string(name);
    return "0" + std::to_string(at - first.begin());
}

Result<void> refuse_if_used(const store::Store& store, const std::string& name)
{
    const auto users = channels_with_template(store, name, kMostShown);
    if (!users) return tl::unexpected(users.error());
    if (users->empty()) return {};
    std::string names;
    std::vector<FieldError> fields;
    for (const auto& channel : *users) {
        names += (names.empty() ? "" : ", ") + channel;
        fields.push_back({"channels", channel});
    }
    return fail(Errc::conflict, "channels use it: " + names, std::move(fields));
}

}  // namespace

TranscodeTemplates::TranscodeTemplates(store::Store& store, const Journal& journal, Apply apply)
    : store_(store), journal_(journal), apply_(std::move(apply))
{}

Result<TranscodeTemplates::Stored> TranscodeTemplates::find(std::string_view name) const
{
    if (!channel::is_rendition_name(name)) return tl::unexpected(no_such_template());
    auto entry = store_.get(schema::transcode_template(name));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return tl::unexpected(no_such_template());
    return template_of(**entry).map([&](json&& document) {
        return Stored{std::move(document), (*entry)->version};
    });
}

Result<TranscodeTemplates::Stored> TranscodeTemplates::changeable(
    std::string_view name, const std::optional<IfMatch>& match) const
{
    if (rank(name).front() == '0') {
        return fail(Errc::conflict, std::string(name) + " is built in: it can't be changed");
    }
    auto current = find(name);
    if (!current || !match || match->holds(current->version)) return current;
    return fail(Errc::precondition, "the transcode template has version " +
                                        std::to_string(current->version) + " now: read it again");
}

Result<TranscodeTemplates::Shown> TranscodeTemplates::create(const Caller& by, const json& body)
{
    auto document = new_template(body);
    if (!document) return tl::unexpected(document.error());
    const auto name = document->at("name").get<std::string>();
    const auto there = store_.list(schema::kTranscodeTemplates, "", kMaxTemplates);
    if (!there) return tl::unexpected(there.error());
    if (there->items.size() >= kMaxTemplates) {
        return fail(Errc::conflict, "there are " + std::to_string(kMaxTemplates) +
                                        " transcode templates already: delete some");
    }
    std::vector<store::Operation> work;
    add_operations(TemplateChange{name, nullptr, *document, 0}, by, journal_, work);
    const auto done = store_.commit(std::move(work));
    if (!done && done.error().code == Errc::precondition) {
        return fail(Errc::conflict, "a transcode template " + name + " exists already",
                    {{"name", "exists already"}});
    }
    if (!done) return tl::unexpected(done.error());
    return put_in_force(std::move(*document), *done);
}

TranscodeTemplates::Shown TranscodeTemplates::put_in_force(json&& document,
                                                           std::uint64_t version) const
{
    auto answer = shown(std::move(document), version);
    answer["applied"] = apply_() ? "applied" : "pending";
    return {std::move(answer), version};
}

Result<TranscodeTemplates::Shown> TranscodeTemplates::get(std::string_view name) const
{
    for (const auto& form : builtin_templates()) {
        if (form.at("name") == name) return Shown{shown_builtin(form), 1};
    }
    return find(name).map([](Stored&& stored) {
        return Shown{shown(std::move(stored.document), stored.version), stored.version};
    });
}

/// There are so few that nobody gains by reading some only.
Result<std::vector<json>> TranscodeTemplates::everything() const
{
    std::vector<json> all;
    for (const auto& form : builtin_templates()) all.push_back(shown_builtin(form));
    const auto own = store_.list(schema::kTranscodeTemplates, "", SIZE_MAX);
    if (!own) return tl::unexpected(own.error());
    for (const auto& entry : own->items) {
        auto document = template_of(entry);
        if (!document) return tl::unexpected(document.error());
        all.push_back(shown(std::move(*document), entry.version));
    }
    return all;
}

Result<json> TranscodeTemplates::list(std::size_t limit, std::string_view cursor) const
{
    auto all = everything();
    if (!all) return tl::unexpected(all.error());
    json items = json::array();
    json next;
    for (auto& one : *all) {
        if (!cursor.empty() && rank(one.at("name").get<std::string>()) <= rank(cursor)) continue;
        if (items.size() == limit) {
            next = items.back().at("name");
            break;
        }
        items.push_back(std::move(one));
    }
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<TranscodeTemplates::Shown> TranscodeTemplates::change(const Caller& by,
                                                             std::string_view name,
                                                             const std::optional<IfMatch>& match,
                                                             const Change& change)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto current = changeable(name, match);
        if (!current) return tl::unexpected(current.error());
        auto next = change(current->document);
        if (!next) return tl::unexpected(next.error());
        std::vector<store::Operation> work;
        add_operations(
            TemplateChange{std::string(name), current->document, *next, current->version}, by,
            journal_, work);
        const auto done = store_.commit(std::move(work));
        if (done) return put_in_force(std::move(*next), current->version + 1);
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable,
                "the transcode template is being changed by many others: try again");
}

Result<TranscodeTemplates::Shown> TranscodeTemplates::patch(const Caller& by, std::string_view name,
                                                            const json& patch,
                                                            const std::optional<IfMatch>& match)
{
    return change(by, name, match,
                  [&](const json& current) { return patched_template(current, patch); });
}

Result<TranscodeTemplates::Shown> TranscodeTemplates::replace(const Caller& by,
                                                              std::string_view name,
                                                              const json& body,
                                                              const std::optional<IfMatch>& match)
{
    return change(by, name, match,
                  [&](const json& current) { return replaced_template(current, body); });
}

Result<void> TranscodeTemplates::remove(const Caller& by, std::string_view name,
                                        const std::optional<IfMatch>& match)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto current = changeable(name, match);
        if (!current) return tl::unexpected(current.error());
        // Before the look at the channels: one that begins to name it meanwhile changes this.
        const auto use = store_.get(schema::transcode_template_use(name));
        if (!use) return tl::unexpected(use.error());
        const std::string target(name);
        if (auto unused = refuse_if_used(store_, target); !unused) return unused;
        std::vector<store::Operation> work{
            store::remove(schema::transcode_template_use(name), *use ? (*use)->version : 0)};
        add_operations(TemplateChange{target, current->document, nullptr, current->version}, by,
                       journal_, work);
        const auto done = store_.commit(std::move(work));
        if (done) return {};
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable,
                "channels with this transcode template are being changed: try again");
}

}  // namespace sluice::control
