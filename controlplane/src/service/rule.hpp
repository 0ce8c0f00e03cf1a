#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../result.hpp"

namespace sluice::control {

struct Field;

/// What one JSON value must be: its type, range, format and default. Rules nest like the
/// documents they describe. Build them with the functions below.
struct Rule {
    enum class Kind : std::uint8_t { boolean, integer, number, text, choice, list, object };

    /// What is wrong with a text, as the end of "must …"; nullopt when nothing is.
    using Format = std::optional<std::string> (*)(const std::string&);

    Kind kind = Kind::object;
    nlohmann::json preset;  ///< the default
    long long min = 0;      ///< of the number, of the length in characters or items
    long long max = 0;
    bool nullable = false;
    bool read_only = false;     ///< set by us: ignored in input
    bool write_only = false;    ///< a secret: never in an answer
    bool holds_secret = false;  ///< an address with a key or a password: in no log
    bool hidden = false;        ///< kept beside the document: in no request and in no answer
    Format format = nullptr;
    std::vector<std::string> choices;
    std::vector<Rule> item;  ///< the rule of a list's items: exactly one
    std::vector<Field> fields;

    Rule or_null() &&;
    Rule secret() &&;
    Rule with_secret() &&;
    Rule ours() &&;
    Rule kept() &&;
    Rule with(Format wanted) &&;
};

struct Field {
    std::string name;
    Rule rule;
};

namespace rules {

Rule boolean(bool preset);
Rule integer(long long min, long long max, long long preset);
Rule number(long long min, long long max, double preset);
Rule text(long long min, long long max, std::string preset = {});
Rule choice(std::vector<std::string> choices);  ///< the first one is the default
Rule list(Rule item, long long max);
Rule object(std::vector<Field> fields);

}  // namespace rules

/// What is wrong with a document. `shape` is true when a type is wrong somewhere, so that the
/// document is not one of this kind at all.
struct Findings {
    static constexpr std::size_t kMost = 100;  ///< that are named: a caller mends them in turns

    std::vector<FieldError> fields;
    bool shape = false;

    void add(std::string field, std::string message);

    /// Errc::malformed or Errc::invalid with the wrong fields, and as a last one, `others`, how
    /// many more there are; nothing when all is well.
    Result<void> verdict() const;

private:
    std::size_t unnamed_ = 0;
};

/// Checks `value` against `rule` and adds what is wrong. Absent fields are fine: they have
/// defaults.
void check(const Rule& rule, const nlohmann::json& value, const std::string& path,
           Findings& findings);

/// `value` with the defaults of all absent fields and without read-only ones.
nlohmann::json complete(const Rule& rule, const nlohmann::json& value);

/// The reverse: `value` without what has its default and without read-only fields. complete() makes
/// the same document of it.
nlohmann::json without_defaults(const Rule& rule, const nlohmann::json& value);

/// `value` without its secrets.
nlohmann::json without_secrets(const Rule& rule, nlohmann::json value);

/// Only the secrets of `value`, in their places: `{"ingest": {"key": "…"}}`.
nlohmann::json only_secrets(const Rule& rule, const nlohmann::json& value);

}  // namespace sluice::control
