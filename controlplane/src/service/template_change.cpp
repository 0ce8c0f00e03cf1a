#include "template_change.hpp"

#include <utility>

#include "../store/schema.hpp"
#include "audit.hpp"
#include "builtin_templates.hpp"
#include "rendition_rule.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

/// The body of PATCH and PUT may repeat the name, not change it.
void check_same_name(const json& body, const json& current, Findings& findings)
{
    if (body.is_object() && body.contains("name") && body["name"] != current.at("name")) {
        findings.add("name", "can't be changed");
    }
}

void check_new_name(const json& body, Findings& findings)
{
    if (!body.is_object()) return;
    if (!body.contains("name")) return findings.add("name", "must be given");
    const auto& name = body["name"];
    if (name.is_string() && is_builtin_template(name.get_ref<const std::string&>())) {
        findings.add("name", "is that of a built-in template");
    }
}

json finish(const json& body, const json& name, const json& created_at, const std::string& now)
{
    auto document = complete(rendition_rule(), body);
    document["name"] = name;
    document["created_at"] = created_at;
    document["updated_at"] = now;
    return document;
}

struct Kind {
    const char* action;  ///< in the audit log
    const char* event;
};

Kind kind_of(const TemplateChange& change)
{
    if (change.before.is_null()) return {"template.create", "template.created"};
    if (change.after.is_null()) return {"template.delete", "template.deleted"};
    return {"template.update", "template.updated"};
}

}  // namespace

const Rule& transcode_template_rule()
{
    static const Rule rule = [] {
        auto fields = rendition_fields();
        fields.push_back({"builtin", rules::boolean(false).ours()});
        fields.push_back({"created_at", rules::text(0, 40).or_null().ours()});
        fields.push_back({"updated_at", rules::text(0, 40).or_null().ours()});
        fields.push_back({"version", rules::integer(0, 0, 0).ours()});
        fields.push_back({"applied", rules::text(0, 16).ours()});
        return rules::object(std::move(fields));
    }();
    return rule;
}

Result<json> new_template(const json& body)
{
    Findings findings;
    check(transcode_template_rule(), body, "", findings);
    check_new_name(body, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    const auto now = format_timestamp(now_s());
    return finish(body, body.at("name"), now, now);
}

Result<json> replaced_template(const json& current, const json& body)
{
    Findings findings;
    check(transcode_template_rule(), body, "", findings);
    check_same_name(body, current, findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return finish(body, current.at("name"), current.at("created_at"), format_timestamp(now_s()));
}

Result<json> patched_template(const json& current, const json& patch)
{
    Findings findings;
    check_same_name(patch, current, findings);
    if (!patch.is_object()) {
        findings.shape = true;
        findings.add("body", "must be an object");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    auto next = current;
    next.merge_patch(patch);
    return replaced_template(current, next);
}

/// What an earlier release stored gets the fields it does not know at their defaults.
Result<json> template_of(const store::Entry& entry)
{
    const auto stored = json::parse(entry.value, nullptr, false);
    if (!stored.is_object()) return fail(Errc::internal, "a stored transcode template is damaged");
    return finish(stored, stored.value("name", ""), stored.value("created_at", ""),
                  stored.value("updated_at", ""));
}

void add_operations(const TemplateChange& change, const Caller& by, const Journal& journal,
                    std::vector<store::Operation>& work)
{
    const auto kind = kind_of(change);
    json data{{"name", change.name}};
    if (!change.before.is_null() && !change.after.is_null()) {
        data["changed"] = audit::changed_fields(change.before, change.after);
    }
    const auto key = schema::transcode_template(change.name);
    work.push_back(change.after.is_null() ? store::remove(key, change.version)
                                          : store::put(key, change.after.dump(), change.version));
    work.push_back(audit::entry(by, {kind.action, change.name, change.before, change.after}));
    work.push_back(journal.entry({kind.event, {}, now_ms(), std::move(data)}));
}

}  // namespace sluice::control
