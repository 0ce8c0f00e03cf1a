#pragma once

#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>

namespace sluice::control {

/// One field of the older API and its place in a channel. The table of them is all that the two
/// know of each other; docs/older-api.md is made from it.
struct LegacyField {
    /// How a value may be written.
    enum class Kind : std::uint8_t {
        boolean,
        whole,
        whole_or_none,
        text,
        urls,
        day,
        codec,
        color,
        size
    };

    /// The value in the older API's own form, out of a channel.
    using Read = nlohmann::json (*)(const LegacyField&, const nlohmann::json& channel);
    /// Puts a value of that form into a channel, and takes away what it excludes.
    using Write = void (*)(const LegacyField&, nlohmann::json& channel,
                           const nlohmann::json& value);

    std::string_view name;
    Kind kind = Kind::text;
    nlohmann::json preset;       ///< of a channel that the older API makes
    std::string_view path = {};  ///< in the channel; empty: without counterpart, only kept
    Read read = nullptr;
    Write write = nullptr;
    std::string_view note = {};  ///< for the documentation
};

/// Every field but `id` and `key`. A field that another one builds on stands before it.
std::span<const LegacyField> legacy_fields();

/// A value as it came in, in the form that LegacyField::Read answers.
struct LegacyValue {
    nlohmann::json value;
    std::string complaint;  ///< what is wrong, as a sentence's end; empty: nothing
    bool shape = false;     ///< wrong is its type
};

/// Strings stand for booleans and numbers; null and "" for a field's default.
LegacyValue parse_legacy(const LegacyField& field, const nlohmann::json& sent);

}  // namespace sluice::control
