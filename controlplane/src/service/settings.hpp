#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "../nginx/activation.hpp"
#include "../nginx/certificate.hpp"
#include "../result.hpp"
#include "../store/store.hpp"
#include "caller.hpp"
#include "if_match.hpp"
#include "journal.hpp"

namespace sluice::control {

/// The structure of the installation: ports, workers, limits, certificate. One document, in force
/// as a whole: a change is rendered into nginx configuration, checked, switched to and confirmed
/// before it is stored, or refused with the reason. Thread-safe; changes that arrive while another
/// one is being put in force share the next reload.
class Settings {
public:
    /// Store, activation and journal must outlive this.
    Settings(store::Store& store, nginx::Activation& activation, const Journal& journal);

    /// To be called once, before nginx starts and before the API serves. Puts the stored settings
    /// in force, with `flags` (a merge patch from the command line) over them. `restarted` says
    /// that this process takes the place of one that died: then the flags are old, changes made
    /// since by the API count. Makes a self-signed certificate when there is none. An error means
    /// that nginx can't start: a wrong flag, a port in use. A running nginx that refuses a
    /// configuration goes on with its own, which is no error; nor are stored settings that this
    /// machine has no room for any more: nginx starts with the last configuration that worked.
    Result<void> start(const nlohmann::json& flags, bool restarted);

    /// Everything but the private key. Never fails: what was in force last is kept in memory.
    nlohmann::json get() const;

    /// Merges `change` (RFC 7396) into the settings and puts the result in force; answers the new
    /// document. Errors: malformed and invalid (each wrong field named), precondition (`match`
    /// does not hold), conflict (nginx could not take it, for instance a port in use;
    /// detail says why, the old settings stay in force).
    Result<nlohmann::json> patch(const Caller& by, const nlohmann::json& change,
                                 const std::optional<IfMatch>& match = {});

    /// The whole document anew: absent fields get their defaults. A certificate that did not change
    /// keeps its key, which no answer shows.
    Result<nlohmann::json> replace(const Caller& by, const nlohmann::json& document,
                                   const std::optional<IfMatch>& match = {});

    /// Puts the settings of a backup in force, and then has `commit` store them with everything
    /// else; it answers their version. When either fails, all stays as it was.
    Result<void> restore(const nlohmann::json& stored,
                         const std::function<Result<std::uint64_t>()>& commit);

    /// The last nginx generations, newest first, at most `limit` that are older than generation
    /// `before`: `{"items":[{"generation","created_at","state","reason","ports"}],"next_cursor"}`,
    /// state `in_force`, `replaced` or `failed`.
    nlohmann::json generations(std::size_t limit = 1000, std::uint32_t before = UINT32_MAX) const;

    /// One of them, with `settings` (without secrets) and `by`, those who made it; both null for
    /// one of an earlier release. Errors: not_found, gone (no longer kept).
    Result<nlohmann::json> generation(std::uint32_t number) const;

    /// What generation `number` changed against another one, or the one in force: `{"generation",
    /// "against", "settings": [{"path", "before", "after"}], "files": [{"name", "diff"}]}`.
    Result<nlohmann::json> generation_diff(std::uint32_t number,
                                           std::optional<std::uint32_t> against) const;

    /// Puts the settings of a generation in force again, with its certificate and key, on the way
    /// of every change. Errors: those of patch(), not_found, gone, conflict (it never was in force,
    /// or its settings are not known).
    Result<nlohmann::json> roll_back(const Caller& by, std::uint32_t number,
                                     const std::optional<IfMatch>& match = {});

    /// Why nginx runs on an older configuration than these settings; nothing when it does not.
    std::optional<std::string> fallen_back() const;

private:
    struct Request {
        bool whole = false;
        const nlohmann::json* change = nullptr;
        std::optional<IfMatch> match;
        const Caller* by = nullptr;
        std::uint32_t generation = 0;  ///< that it goes back to; 0: it is no way back
        Result<nlohmann::json> answer;
        bool done = false;
    };
    using Batch = std::deque<Request*>;

    Result<nginx::Generation> kept(std::uint32_t number) const;
    void remember(const nlohmann::json& document, const nlohmann::json& by) const;
    Result<nlohmann::json> submit(Request request);
    void work_off(const Batch& batch);
    Result<nlohmann::json> merged(const nlohmann::json& base, const Request& request) const;
    Result<void> swap_in(const nlohmann::json& document,
                         const std::function<Result<std::uint64_t>()>& commit);
    Result<void> enforce(const nlohmann::json& document, std::vector<store::Operation> notes);
    std::vector<store::Operation> notes_of(const Request& request, const nlohmann::json& before,
                                           const nlohmann::json& after) const;
    Result<void> store_document(const nlohmann::json& document,
                                std::vector<store::Operation> notes);
    Result<void> load(const nlohmann::json& flags, bool restarted);
    Result<void> load_self_signed();
    Result<void> activate(const nlohmann::json& document);
    nginx::Hub hub_in_force(const nlohmann::json& document) const;
    nginx::Configuration rendered(const nlohmann::json& document) const;
    nlohmann::json view() const;
    nlohmann::json restart_required() const;

    store::Store& store_;
    nginx::Activation& activation_;
    const Journal& journal_;
    nginx::CertificatePair self_signed_;
    std::uint16_t rtmps_inner_ = 0;

    mutable std::mutex mutex_;
    std::condition_variable done_;
    Batch waiting_;
    bool working_ = false;

    // Written under mutex_ by the one that works.
    nlohmann::json document_;
    std::uint64_t version_ = 0;
    std::int64_t updated_at_s_ = 0;
};

}  // namespace sluice::control
