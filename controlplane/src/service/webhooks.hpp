#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "../store/store.hpp"
#include "caller.hpp"
#include "if_match.hpp"
#include "journal.hpp"
#include "rule.hpp"

namespace sluice::control {

const Rule& webhook_rule();

/// Where events are to be sent. A stored document holds, beside the fields of the API, the live
/// secrets, newest first: "~secrets": [{"secret", "created_at"}], one or two of them.
class Webhooks {
public:
    static constexpr std::size_t kMaxWebhooks = 100;

    /// `changed` is called after each change, from any thread. `allow_private`: the setting.
    Webhooks(store::Store& store, const Journal& journal, std::function<bool()> allow_private);
    void on_change(std::function<void()> changed) { changed_ = std::move(changed); }

    struct Written {
        nlohmann::json webhook;  ///< as answered; with its new secret, when there is one
        std::uint64_t version = 0;
    };

    Result<Written> create(const Caller& by, const nlohmann::json& body);
    Result<Written> get(std::string_view id) const;
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;
    Result<Written> patch(const Caller& by, std::string_view id, const nlohmann::json& patch,
                          const std::optional<IfMatch>& match);
    Result<Written> replace(const Caller& by, std::string_view id, const nlohmann::json& body,
                            const std::optional<IfMatch>& match);
    Result<void> remove(const Caller& by, std::string_view id, const std::optional<IfMatch>& match);

    /// Body: {secret, drop_old}. Without a secret one is made; the one before stays good until the
    /// next time, unless it is dropped.
    Result<Written> rotate_secret(const Caller& by, std::string_view id, const nlohmann::json& body,
                                  const std::optional<IfMatch>& match);

    /// The receiver said that it is gone for good.
    Result<void> disable(std::string_view id, const std::string& reason);

    /// A webhook as it is stored.
    struct Stored {
        nlohmann::json document;
        std::uint64_t version = 0;
    };
    Result<std::vector<Stored>> all() const;

private:
    using Change = std::function<Result<nlohmann::json>(const nlohmann::json& current)>;

    Result<Stored> find(std::string_view id) const;
    Result<nlohmann::json> checked(const nlohmann::json& body, bool with_secret) const;
    Result<Written> change(const Caller& by, std::string_view action, std::string_view id,
                           const std::optional<IfMatch>& match, const Change& change,
                           std::vector<store::Operation> notes = {});
    Result<std::vector<store::Operation>> begin_or_end(const nlohmann::json& before,
                                                       const nlohmann::json& after) const;

    store::Store& store_;
    const Journal& journal_;
    std::function<bool()> allow_private_;
    std::function<void()> changed_ = [] {};
};

}  // namespace sluice::control
