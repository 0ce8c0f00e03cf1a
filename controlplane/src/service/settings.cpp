#include "settings.hpp"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <utility>

#include "../log.hpp"
#include "../nginx/file.hpp"
#include "../nginx/listen_port.hpp"
#include "../store/schema.hpp"
#include "audit.hpp"
#include "channel_urls.hpp"
#include "settings_schema.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

/// An early release took hosts that it could not use, and went by the request's: so does this one.
void drop_wrong_host(json& document)
{
    const auto host = document.find("public_host");
    if (host == document.end() || !host->is_string()) return;
    if (bare_host(host->get<std::string>()).empty()) *host = nullptr;
}

/// Checked for itself and for this machine.
Result<json> usable(json document)
{
    auto checked = checked_settings(std::move(document));
    if (!checked) return checked;
    if (auto fits = fits_machine(*checked); !fits) return tl::unexpected(fits.error());
    return checked;
}

json who(const Caller& by)
{
    return {{"kind", to_string(by.kind)}, {"id", by.id}, {"name", by.name}};
}

void log_refusal(const Error& error)
{
    log(Level::error,
        {{"msg", "nginx runs on with its last configuration"}, {"error", error.detail}});
}

}  // namespace

Settings::Settings(store::Store& store, nginx::Activation& activation, const Journal& journal)
    : store_(store),
      activation_(activation),
      journal_(journal),
      document_(complete(settings_rule(), json::object()))
{}

Result<void> Settings::start(const json& flags, bool restarted)
{
    if (auto ok = load_self_signed(); !ok) return ok;
    if (auto ok = load(flags, restarted); !ok) return ok;

    const auto running = activation_.master().has_value();
    const auto& known = activation_.generations();
    const auto current = known.find(known.current());
    // The inner port is picked once and kept: old workers still hand sessions over to it during a
    // reload.
    if (current) rtmps_inner_ = current->rtmps_inner;
    if (!running && (rtmps_inner_ == 0 || nginx::why_not_listen(rtmps_inner_, false))) {
        rtmps_inner_ = nginx::free_loopback_port();
    }

    const auto fits = fits_machine(document_);
    if (!fits && !running && activation_.keep_last(rendered(document_), fits.error().detail)) {
        log_refusal(fits.error());
        return {};
    }
    auto done = fits.and_then([this] { return activate(document_); });
    if (done) remember(document_, json::array({who(Caller::system("start"))}));
    if (!done && running) {
        log_refusal(done.error());
        return {};
    }
    return done;
}

json Settings::get() const
{
    const std::lock_guard lock(mutex_);
    return view();
}

Result<json> Settings::patch(const Caller& by, const json& change,
                             const std::optional<IfMatch>& match)
{
    if (!change.is_object())
        return fail(Errc::malformed, "body must be an object", {{"body", "must be an object"}});
    return submit({.whole = false, .change = &change, .match = match, .by = &by});
}

Result<json> Settings::replace(const Caller& by, const json& document,
                               const std::optional<IfMatch>& match)
{
    if (!document.is_object())
        return fail(Errc::malformed, "body must be an object", {{"body", "must be an object"}});
    return submit({.whole = true, .change = &document, .match = match, .by = &by});
}

std::optional<std::string> Settings::fallen_back() const
{
    return activation_.generations().fallen_back();
}

/// The first that finds nobody at work works for all that wait.
Result<json> Settings::submit(Request request)
{
    std::unique_lock lock(mutex_);
    waiting_.push_back(&request);
    done_.wait(lock, [&] { return request.done || !working_; });
    if (request.done) return std::move(request.answer);

    working_ = true;
    const auto batch = std::exchange(waiting_, {});
    lock.unlock();
    try {
        work_off(batch);
    } catch (const std::exception& e) {
        for (auto* each : batch) each->answer = fail(Errc::internal, e.what());
    }
    lock.lock();
    for (auto* each : batch) each->done = true;
    working_ = false;
    done_.notify_all();
    return std::move(request.answer);
}

Result<void> Settings::restore(const json& stored,
                               const std::function<Result<std::uint64_t>()>& commit)
{
    auto wanted = stored;
    drop_wrong_host(wanted);
    auto checked = usable(std::move(wanted));
    if (!checked) {
        return fail(Errc::conflict, "its settings can't be used here: " + checked.error().detail,
                    checked.error().fields);
    }
    std::unique_lock lock(mutex_);
    done_.wait(lock, [this] { return !working_; });
    working_ = true;
    lock.unlock();
    Result<void> done;
    try {
        done = swap_in(*checked, commit);
    } catch (const std::exception& e) {
        done = fail(Errc::internal, e.what());
    }
    lock.lock();
    working_ = false;
    done_.notify_all();
    return done;
}

Result<void> Settings::swap_in(const json& document,
                               const std::function<Result<std::uint64_t>()>& commit)
{
    if (auto ok = activate(document); !ok) return ok;
    const auto version = commit();
    if (!version) {
        if (auto back = activate(document_); !back) log_refusal(back.error());
        return tl::unexpected(version.error());
    }
    const std::lock_guard lock(mutex_);
    document_ = document;
    version_ = *version;
    updated_at_s_ = now_s();
    return {};
}

void Settings::work_off(const Batch& batch)
{
    auto candidate = document_;
    Batch accepted;
    std::vector<store::Operation> notes;
    for (auto* request : batch) {
        const bool stale = request->match && (!request->match->holds(version_) ||
                                              (!request->match->any && !accepted.empty()));
        auto next = stale ? fail(Errc::precondition, "the settings have changed meanwhile")
                          : merged(candidate, *request);
        if (!next) {
            request->answer = tl::unexpected(next.error());
            continue;
        }
        std::ranges::move(notes_of(*request, candidate, *next), std::back_inserter(notes));
        candidate = std::move(*next);
        accepted.push_back(request);
    }
    if (accepted.empty()) return;

    const auto done = enforce(candidate, std::move(notes));
    if (done) {
        json by = json::array();
        for (const auto* request : accepted) by.push_back(who(*request->by));
        remember(candidate, by);
    }
    if (!done && accepted.size() > 1) {
        // One of them is at fault; the others must not suffer from it.
        for (auto* request : accepted) work_off({request});
        return;
    }
    const auto now = get();
    for (auto* request : accepted) {
        if (done) {
            request->answer = now;
        } else {
            request->answer = tl::unexpected(done.error());
        }
    }
}

std::vector<store::Operation> Settings::notes_of(const Request& request, const json& before,
                                                 const json& after) const
{
    const bool back = request.generation != 0;
    const auto number = std::to_string(request.generation);
    std::vector<store::Operation> notes;
    notes.push_back(audit::entry(*request.by, {back ? "config.rollback" : "settings.update",
                                               back ? "generation " + number : "settings", before,
                                               after, &settings_rule()}));
    if (back) {
        notes.push_back(journal_.entry(
            {"config.rolled_back", {}, now_ms(), {{"to_generation", request.generation}}}));
    }
    return notes;
}

Result<json> Settings::merged(const json& base, const Request& request) const
{
    json next = request.whole ? json::object() : base;
    next.merge_patch(*request.change);

    json& tls = next["tls"];
    if (tls.is_null()) tls = json::object();
    if (!tls.is_object()) return usable(std::move(next));
    const auto& old = base["tls"];
    const auto certificate = tls.value("certificate", json());
    if (certificate.is_null()) {
        const bool new_key = request.change->contains("/tls/private_key"_json_pointer) &&
                             !request.change->at("/tls/private_key"_json_pointer).is_null();
        if (!new_key) tls.erase("private_key");
    } else if (certificate == old["certificate"] && !tls.contains("private_key")) {
        tls["private_key"] = old["private_key"];
    }
    return usable(std::move(next));
}

Result<void> Settings::enforce(const json& document, std::vector<store::Operation> notes)
{
    if (auto ok = activate(document); !ok) {
        const json why{{"reason", ok.error().detail}};
        if (auto told = journal_.record({"config.failed", {}, now_ms(), why}); !told) {
            log(Level::error, {{"msg", "an event is lost"}, {"error", told.error().detail}});
        }
        return ok;
    }
    notes.push_back(journal_.entry({"config.applied",
                                    {},
                                    now_ms(),
                                    {{"generation", activation_.generations().current()},
                                     {"changed", audit::changed_fields(document_, document)}}}));
    auto stored = store_document(document, std::move(notes));
    if (stored) return stored;
    if (auto back = activate(document_); !back) log_refusal(back.error());
    return stored;
}

Result<void> Settings::store_document(const json& document, std::vector<store::Operation> notes)
{
    const auto at = now_s();
    const json record{{"document", document}, {"updated_at_s", at}};
    notes.push_back(store::put(std::string(store::schema::kSettings), record.dump(), version_));
    auto committed = store_.commit(std::move(notes));
    if (!committed) return tl::unexpected(committed.error());
    const std::lock_guard lock(mutex_);
    document_ = document;
    updated_at_s_ = at;
    version_ = version_ == 0 ? *committed : version_ + 1;
    return {};
}

Result<void> Settings::load(const json& flags, bool restarted)
{
    auto entry = store_.get(store::schema::kSettings);
    if (!entry) return tl::unexpected(entry.error());
    json stored = json::object();
    if (*entry) {
        const auto record = json::parse((*entry)->value);
        stored = record.at("document");
        updated_at_s_ = record.at("updated_at_s");
        version_ = (*entry)->version;
    }
    auto wanted = stored;
    drop_wrong_host(wanted);
    if (!restarted || !*entry) wanted.merge_patch(flags);
    auto checked = checked_settings(wanted);
    if (!checked) return tl::unexpected(checked.error());
    document_ = *checked;
    if (*entry && document_ == stored) return {};
    const auto start = Caller::system("start");
    const Request request{.whole = true, .change = nullptr, .match = {}, .by = &start};
    return store_document(*checked, notes_of(request, stored, *checked));
}

/// Made once and kept, so that a browser's exception for it lasts.
Result<void> Settings::load_self_signed()
{
    const auto folder = activation_.places().dir / "tls";
    std::error_code error;
    fs::create_directories(folder, error);
    fs::permissions(folder, fs::perms::owner_all, error);
    auto certificate = nginx::read_file(folder / "self-signed.pem");
    auto key = nginx::read_file(folder / "self-signed.key");
    if (certificate && key && nginx::check({*certificate, *key})) {
        self_signed_ = {std::move(*certificate), std::move(*key)};
        return {};
    }
    auto made = nginx::make_self_signed("");
    if (!made) return tl::unexpected(made.error());
    if (auto ok = nginx::write_file(folder / "self-signed.key", made->private_key, 0600); !ok)
        return ok;
    if (auto ok = nginx::write_file(folder / "self-signed.pem", made->certificate, 0600); !ok)
        return ok;
    self_signed_ = std::move(*made);
    return {};
}

/// A running hub keeps its sizes; nginx takes those of the settings when it starts.
nginx::Hub Settings::hub_in_force(const json& document) const
{
    const auto& known = activation_.generations();
    const auto current = activation_.master() ? known.find(known.current()) : std::nullopt;
    return current ? current->hub : to_configuration(document).hub;
}

nginx::Configuration Settings::rendered(const json& document) const
{
    auto wanted = to_configuration(document);
    wanted.rtmps_inner = rtmps_inner_;
    wanted.hub = hub_in_force(document);
    wanted.ipv6 = nginx::has_ipv6();
    if (wanted.certificate.empty()) {
        wanted.certificate = self_signed_.certificate;
        wanted.private_key = self_signed_.private_key;
    }
    return wanted;
}

Result<void> Settings::activate(const json& document)
{
    const auto generation = activation_.apply(rendered(document));
    if (!generation) return tl::unexpected(generation.error());
    return {};
}

json Settings::view() const
{
    auto shown = without_secrets(settings_rule(), document_);
    auto& tls = shown["tls"];
    const bool own = document_["tls"]["certificate"].is_string();
    const auto pair = own ? nginx::CertificatePair{document_["tls"]["certificate"],
                                                   document_["tls"]["private_key"]}
                          : self_signed_;
    if (const auto facts = nginx::check(pair)) {
        tls["subject"] = facts->subject;
        tls["expires_at"] = format_timestamp(facts->not_after_s);
        tls["self_signed"] = facts->self_signed;
    }
    shown["version"] = version_;
    shown["updated_at"] = format_timestamp(updated_at_s_);
    shown["restart_required"] = restart_required();
    return shown;
}

json Settings::restart_required() const
{
    const auto wanted = to_configuration(document_).hub;
    const auto in_force = hub_in_force(document_);
    json fields = json::array();
    if (wanted.streams != in_force.streams) fields.push_back("hub.streams");
    if (wanted.rings != in_force.rings) fields.push_back("hub.rings");
    return fields;
}

}  // namespace sluice::control
