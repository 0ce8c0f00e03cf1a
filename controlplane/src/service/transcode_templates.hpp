#pragma once

#include <cstddef>
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

namespace sluice::control {

/// Renditions that many channels may name: the built-in ones, which nobody can change, and own
/// ones. Each change is one transaction with its entries in the audit log and in the journal.
class TranscodeTemplates {
public:
    static constexpr std::size_t kMaxTemplates = 100;

    /// Puts everything committed so far in force; true when nginx has it.
    using Apply = std::function<bool()>;

    /// Store and journal must outlive this.
    TranscodeTemplates(store::Store& store, const Journal& journal, Apply apply);

    /// A template as it is answered.
    struct Shown {
        nlohmann::json document;
        std::uint64_t version = 0;
    };

    /// Errors: malformed, invalid, conflict (the name is taken, or there is no room).
    Result<Shown> create(const Caller& by, const nlohmann::json& body);
    Result<Shown> get(std::string_view name) const;
    /// The built-in ones first.
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;
    /// RFC 7396. Errors: not_found, conflict (it is built in), malformed, invalid, precondition.
    Result<Shown> patch(const Caller& by, std::string_view name, const nlohmann::json& patch,
                        const std::optional<IfMatch>& match);
    Result<Shown> replace(const Caller& by, std::string_view name, const nlohmann::json& body,
                          const std::optional<IfMatch>& match);
    /// Errc::conflict, naming them, while channels use it.
    Result<void> remove(const Caller& by, std::string_view name,
                        const std::optional<IfMatch>& match);

private:
    using Change = std::function<Result<nlohmann::json>(const nlohmann::json& current)>;

    struct Stored {
        nlohmann::json document;
        std::uint64_t version = 0;
    };

    Result<Stored> find(std::string_view name) const;
    Result<Stored> changeable(std::string_view name, const std::optional<IfMatch>& match) const;
    Result<Shown> change(const Caller& by, std::string_view name,
                         const std::optional<IfMatch>& match, const Change& change);
    Shown put_in_force(nlohmann::json&& document, std::uint64_t version) const;
    Result<std::vector<nlohmann::json>> everything() const;

    store::Store& store_;
    const Journal& journal_;
    Apply apply_;
};

}  // namespace sluice::control
