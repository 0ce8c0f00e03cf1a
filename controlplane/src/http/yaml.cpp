#include "yaml.hpp"

#include <yaml-cpp/yaml.h>

// Not among the headers that yaml.h includes.
#include <yaml-cpp/eventhandler.h>

#include <sstream>
#include <utility>
#include <vector>

#include "document_builder.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// Leaves the parser from inside one of its events.
struct Refused {
    YAML::Mark mark;
    std::string why;
};

/// What a plain word means: JSON where it is JSON, else itself.
json meaning(const std::string& word)
{
    const bool number = word.find_first_not_of("+-.0123456789eE") == std::string::npos;
    if (!number && word != "true" && word != "false") return word;
    auto value = json::parse(word, nullptr, false);
    return value.is_discarded() ? json(word) : value;
}

/// Hands the parser's events on, and refuses what JSON does not have.
class Events final : public YAML::EventHandler {
public:
    DocumentBuilder builder;

    void OnDocumentStart(const YAML::Mark& /*mark*/) override {}
    void OnDocumentEnd() override {}

    void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override
    {
        plain(mark, "", anchor);
        if (wants_key()) throw Refused{mark, "a key must be a text"};
        take(mark, builder.null());
    }

    void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override
    {
        throw Refused{mark, "aliases are not taken"};
    }

    void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  const std::string& value) override
    {
        plain(mark, tag, anchor);
        if (wants_key()) {
            auto name = value;
            take(mark, builder.key(name));
            keys_.back() = false;
            return;
        }
        auto found = tag == "?" ? meaning(value) : json(value);
        take(mark, add(std::move(found)));
    }

    void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                         YAML::EmitterStyle::value /*style*/) override
    {
        plain(mark, tag, anchor);
        if (wants_key()) throw Refused{mark, "a key must be a text"};
        take(mark, builder.start_array(0));
        lists_.push_back(true);
        keys_.push_back(false);
    }

    void OnSequenceEnd() override { leave(); }

    void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                    YAML::EmitterStyle::value /*style*/) override
    {
        plain(mark, tag, anchor);
        if (wants_key()) throw Refused{mark, "a key must be a text"};
        take(mark, builder.start_object(0));
        lists_.push_back(false);
        keys_.push_back(true);
    }

    void OnMapEnd() override { leave(); }

private:
    static void plain(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor)
    {
        if (anchor != 0) throw Refused{mark, "anchors are not taken"};
        // "?" is a plain word, "!" one in quotes.
        if (!tag.empty() && tag != "?" && tag != "!") throw Refused{mark, "tags are not taken"};
    }

    bool wants_key() const { return !lists_.empty() && !lists_.back() && keys_.back(); }

    bool add(json value)
    {
        if (value.is_boolean()) return builder.boolean(value.get<bool>());
        if (value.is_number_unsigned()) return builder.number_unsigned(value.get<std::uint64_t>());
        if (value.is_number_integer()) return builder.number_integer(value.get<std::int64_t>());
        if (value.is_number_float()) return builder.number_float(value.get<double>(), {});
        return builder.string(value.get_ref<std::string&>());
    }

    void take(const YAML::Mark& mark, bool done)
    {
        if (!done) throw Refused{mark, builder.complaint};
        // After a value of a mapping comes the next key.
        if (!keys_.empty() && !lists_.back()) keys_.back() = true;
    }

    void leave()
    {
        lists_.pop_back();
        keys_.pop_back();
        builder.end_array();
        if (!keys_.empty() && !lists_.back()) keys_.back() = true;
    }

    std::vector<bool> lists_;  ///< of what is open: a list, or a mapping
    std::vector<bool> keys_;   ///< whether a mapping waits for a key
};

tl::unexpected<Error> malformed(const YAML::Mark& mark, const std::string& why)
{
    return fail(Errc::malformed, "the YAML can't be read: line " + std::to_string(mark.line + 1) +
                                     ", column " + std::to_string(mark.column + 1) + ": " + why);
}

void emit(YAML::Emitter& out, const json& value)
{
    if (value.is_object()) {
        out << YAML::BeginMap;
        for (const auto& [name, member] : value.items()) {
            out << YAML::Key << name << YAML::Value;
            emit(out, member);
        }
        out << YAML::EndMap;
    } else if (value.is_array()) {
        out << YAML::BeginSeq;
        for (const auto& item : value) emit(out, item);
        out << YAML::EndSeq;
    } else if (value.is_string()) {
        out << YAML::DoubleQuoted << value.get_ref<const std::string&>();
    } else if (value.is_null()) {
        out << YAML::Null;
    } else {
        out << value.dump();
    }
}

bool is_utf8(const std::string& text)
{
    try {
        static_cast<void>(json(text).dump());
        return true;
    } catch (const json::type_error&) {
        return false;
    }
}

}  // namespace

Result<json> parse_yaml(const std::string& text)
{
    // The parser would take UTF-16 and UTF-32 as well, and put something in the place of the rest.
    if (!is_utf8(text) || text.find('\0') != std::string::npos) {
        return fail(Errc::malformed, "the YAML is not UTF-8 text");
    }
    std::istringstream in(text);
    Events events;
    try {
        YAML::Parser parser(in);
        if (!parser.HandleNextDocument(events)) {
            return fail(Errc::malformed, "the YAML holds no document");
        }
        Events more;
        if (parser.HandleNextDocument(more)) {
            return fail(Errc::malformed, "the YAML holds more than one document");
        }
    } catch (const Refused& refused) {
        return malformed(refused.mark, refused.why);
    } catch (const YAML::Exception& e) {
        return malformed(e.mark, e.msg);
    }
    return std::move(events.builder.document);
}

std::string to_yaml(const json& document)
{
    YAML::Emitter out;
    emit(out, document);
    return std::string(out.c_str(), out.size()) + "\n";
}

}  // namespace sluice::control::http
