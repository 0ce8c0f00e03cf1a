#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../store/store.hpp"
#include "audit.hpp"
#include "caller.hpp"
#include "channel_change.hpp"
#include "channel_index.hpp"
#include "idempotency.hpp"
#include "if_match.hpp"
#include "journal.hpp"
#include "template_change.hpp"

namespace sluice::control {

/// Rules about channels. Knows the store, knows nothing of HTTP. Documents that come out hold
/// their secrets: channel_rule() says which fields those are. Each change is one transaction with
/// its entries in the audit log and in the journal.
class Channels {
public:
    /// Puts everything committed so far in force; true when nginx has it, false when it has
    /// not yet.
    using Apply = std::function<bool()>;

    struct Written {
        nlohmann::json channel;
        bool applied = false;
        bool replayed = false;  ///< an Idempotency-Key repeated an earlier request
    };

    struct List {
        std::vector<std::string> items;  ///< JSON texts, without secrets
        std::optional<std::string> next_cursor;
    };

    struct Documents {
        std::vector<nlohmann::json> items;  ///< with their secrets
        std::optional<std::string> next_cursor;
    };

    /// Chooses channels by their ids.
    using Wanted = std::function<bool(std::string_view id)>;

    Channels(store::Store& store, const Journal& journal, Apply apply);

    /// Errors: malformed, invalid, conflict (the id exists).
    Result<Written> create(const Caller& by, const nlohmann::json& body,
                           const std::optional<OnceOnly>& once = {});

    Result<nlohmann::json> get(std::string_view id) const;

    /// What may be shown of a channel.
    struct Shown {
        std::string text;  ///< JSON, without secrets
        std::uint64_t version = 0;
    };

    /// The same as get() for those who only hand it on: parses nothing.
    Result<Shown> shown(std::string_view id) const;

    /// At most `limit` channels after `cursor`, in order of their ids; `q` keeps those whose id
    /// or name contains it, `wanted` those it is true for.
    Result<List> list(std::size_t limit, std::string_view cursor, std::string_view q,
                      const Wanted& wanted = {});

    /// The same, for those who make something else of them.
    Result<Documents> documents(std::size_t limit, std::string_view cursor, std::string_view q,
                                const Wanted& wanted = {});

    /// RFC 7396. Errors: not_found, malformed, invalid, precondition.
    Result<Written> patch(const Caller& by, std::string_view id, const nlohmann::json& change,
                          const std::optional<IfMatch>& match = {});

    /// Absent fields get their defaults, absent secrets stay as they are.
    Result<Written> replace(const Caller& by, std::string_view id, const nlohmann::json& body,
                            const std::optional<IfMatch>& match = {});

    /// True when nginx knows already.
    Result<bool> remove(const Caller& by, std::string_view id,
                        const std::optional<IfMatch>& match = {});

    /// A new key: the one given (checked like any), or a random one when it is null.
    Result<Written> rotate_key(const Caller& by, std::string_view id, const nlohmann::json& key,
                               const std::optional<IfMatch>& match = {});

    /// create() and patch() with a document of the older API (legacy_channel.hpp).
    Result<Written> create_legacy(const Caller& by, const nlohmann::json& body,
                                  const std::optional<OnceOnly>& once = {});
    Result<Written> change_legacy(const Caller& by, std::string_view id, const nlohmann::json& body,
                                  const std::optional<IfMatch>& match = {});

    /// Notes in the audit log that the channel's publisher was sent away.
    Result<void> note_kick(const Caller& by, std::string_view id, const std::string& reason);

    Result<std::size_t> size() { return index_.size(); }

    /// Works the changes of one request out against the store as it is. Asked again when somebody
    /// else was faster.
    using Plan = std::function<Result<ChannelChanges>()>;

    /// What goes into the same transaction as the changes.
    struct Besides {
        std::optional<OnceOnly> once;  ///< of the request
        /// To be kept for a repetition of it. The versions of new channels are not known yet: they
        /// will be that of the memory.
        std::function<nlohmann::json(const ChannelChanges&)> answer;
        /// Changes of templates, of the same plan as the channels that may name them.
        std::function<std::vector<TemplateChange>()> templates;
        /// One more entry of the audit log, besides that of each change.
        std::function<audit::Change(const ChannelChanges&)> summary;
    };

    struct Committed {
        ChannelChanges changes;  ///< with their new versions
        bool applied = false;
        std::optional<Idempotency::Kept> replayed;  ///< then there are no changes
    };

    /// All changes of `plan` or none: one transaction, put in force at once.
    Result<Committed> commit(const Caller& by, const Plan& plan, const Besides& besides = {});

    /// Makes the next document out of the current one.
    using Change = std::function<Result<nlohmann::json>(const nlohmann::json& current)>;

    /// For plans. Errors: conflict when the id exists.
    Result<ChannelChange> creation(nlohmann::json channel) const;
    /// Errors: not_found, precondition, those of `next`.
    Result<ChannelChange> update(std::string_view id, const std::optional<IfMatch>& match,
                                 const Change& next) const;
    /// The stored channel, when `match` holds. Errors: not_found, precondition.
    Result<store::Entry> find(std::string_view id, const std::optional<IfMatch>& match) const;

private:
    Result<Written> change(const Caller& by, std::string_view id,
                           const std::optional<IfMatch>& match, const Change& next);
    /// Makes a new document; asked only when the request is not a repeated one.
    using Prepare = std::function<Result<nlohmann::json>()>;

    struct Entries {
        std::vector<store::Entry> items;
        std::optional<std::string> next_cursor;
    };

    Result<Written> insert(const Caller& by, const std::optional<OnceOnly>& once,
                           const Prepare& prepare);
    Result<Entries> entries(std::size_t limit, std::string_view cursor, std::string_view q,
                            const Wanted& wanted);
    bool committed();
    Result<store::Entry> find(std::string_view id) const;

    store::Store& store_;
    const Journal& journal_;
    Apply apply_;
    ChannelIndex index_;
    Idempotency idempotency_;
};

}  // namespace sluice::control
