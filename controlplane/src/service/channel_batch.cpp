#include "channel_batch.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gathered_errors.hpp"
#include "rule.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;

struct Step {
    std::string method;
    std::string id;  ///< may be empty for a new channel
    json body;
    std::optional<IfMatch> match;
};

std::string part(std::size_t index)
{
    return "operations[" + std::to_string(index) + "]";
}

/// The members of one operation; `body` is judged by what it is for.
Result<Step> step_of(const json& operation)
{
    static const Rule rule = rules::object({
        {"method", rules::choice({"create", "put", "patch", "delete"})},
        {"id", rules::text(1, 256)},
        {"if_match", rules::integer(1, INT64_MAX, 1).or_null()},
    });
    Findings findings;
    auto members = operation;
    const bool has_body = members.is_object() && members.contains("body");
    if (has_body) members.erase("body");
    check(rule, members, "", findings);
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());

    Step step{members.value("method", ""),
              members.value("id", ""),
              has_body ? operation["body"] : json::object(),
              {}};
    if (step.method.empty()) findings.add("method", "is missing");
    if (step.method == "delete" && has_body) findings.add("body", "is not for delete");
    if (step.method != "create" && step.id.empty()) findings.add("id", "is missing");
    const auto version = members.value("if_match", json());
    if (!version.is_null()) {
        step.match = IfMatch{.versions = {version.get<std::uint64_t>()}};
        if (step.method == "create") findings.add("if_match", "is not for create");
    }
    if (auto fine = findings.verdict(); !fine) return tl::unexpected(fine.error());
    return step;
}

/// A new channel's id may stand beside its body or in it.
json body_of_new(const Step& step)
{
    auto body = step.body;
    if (!step.id.empty() && body.is_object() && !body.contains("id")) body["id"] = step.id;
    return body;
}

/// The fields of a body are named as its members.
Error below_body(Error error)
{
    for (auto& wrong : error.fields) {
        wrong.field = wrong.field == "body" ? wrong.field : "body." + wrong.field;
    }
    return error;
}

Result<ChannelChange> change_of(const Channels& channels, const Step& step)
{
    if (step.method == "create") {
        auto channel = new_channel(body_of_new(step)).map_error(below_body);
        if (!channel) return tl::unexpected(channel.error());
        if (!step.id.empty() && channel->at("id") != step.id) {
            return fail(Errc::invalid, "the body has another id",
                        {{"body.id", "is not the operation's"}});
        }
        auto created = channels.creation(std::move(*channel));
        if (!created && created.error().code == Errc::invalid) {
            return tl::unexpected(below_body(created.error()));
        }
        return created;
    }
    if (step.method == "delete") {
        return channels.find(step.id, step.match).map([&](const store::Entry& entry) {
            return removal(step.id, entry);
        });
    }
    const auto next = step.method == "put" ? replaced_channel : patched_channel;
    return channels
        .update(step.id, step.match, [&](const json& current) { return next(current, step.body); })
        .map_error(below_body);
}

Result<std::vector<Step>> steps_of(const json& body)
{
    static const auto shape = [](std::string message) {
        return fail(Errc::malformed, "operations " + message, {{"operations", message}});
    };
    if (!body.is_object() || !body.contains("operations") || !body["operations"].is_array()) {
        return shape("must be a list");
    }
    if (body.size() > 1) {
        return fail(Errc::invalid, "only operations is known", {{"body", "has unknown fields"}});
    }
    const auto& operations = body["operations"];
    if (operations.empty() || operations.size() > kMaxBatch) {
        const auto range = "must have 1 to " + std::to_string(kMaxBatch) + " items";
        return fail(Errc::invalid, "operations " + range, {{"operations", range}});
    }
    std::vector<Step> steps;
    GatheredErrors wrong;
    for (std::size_t i = 0; i < operations.size(); ++i) {
        auto step = step_of(operations[i]);
        if (step) {
            steps.push_back(std::move(*step));
        } else {
            wrong.add(part(i), step.error());
        }
    }
    if (!wrong.empty()) return tl::unexpected(wrong.error());
    return steps;
}

Result<ChannelChanges> plan(const Channels& channels, const std::vector<Step>& steps)
{
    ChannelChanges changes;
    GatheredErrors wrong;
    std::map<std::string, std::size_t> taken;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        auto change = change_of(channels, steps[i]);
        if (!change) {
            wrong.add(part(i), change.error());
            continue;
        }
        const auto [at, first] = taken.emplace(change->id, i);
        if (!first) {
            const auto message = "is changed by " + part(at->second) + " already";
            wrong.add(part(i), {Errc::invalid, message, {{"id", message}}});
        }
        changes.push_back(std::move(*change));
    }
    if (!wrong.empty()) return tl::unexpected(wrong.error());
    return changes;
}

/// Without the versions of new channels while they are not known.
json items_of(const std::vector<Step>& steps, const ChannelChanges& changes)
{
    json items = json::array();
    for (std::size_t i = 0; i < steps.size(); ++i) {
        const auto& change = changes[i];
        json version;
        if (change.after.is_object() && change.version != 0) version = change.version + 1;
        if (change.after.is_object() && change.version == 0 && change.after.contains("version")) {
            version = change.after["version"];
        }
        items.push_back({{"method", steps[i].method}, {"id", change.id}, {"version", version}});
    }
    return items;
}

}  // namespace

Result<BatchDone> run_batch(Channels& channels, const Caller& by, const json& body,
                            const std::optional<OnceOnly>& once)
{
    auto steps = steps_of(body);
    if (!steps) return tl::unexpected(steps.error());
    const auto answer = [&](const ChannelChanges& changes) { return items_of(*steps, changes); };
    auto done = channels.commit(by, [&] { return plan(channels, *steps); },
                                {.once = once, .answer = answer, .templates = {}, .summary = {}});
    if (!done) return tl::unexpected(done.error());
    if (!done->replayed) return BatchDone{items_of(*steps, done->changes), done->applied, false};
    auto items = std::move(done->replayed->answer);
    for (auto& item : items) {
        if (item.at("method") == "create") item["version"] = done->replayed->version;
    }
    return BatchDone{std::move(items), done->applied, true};
}

}  // namespace sluice::control
