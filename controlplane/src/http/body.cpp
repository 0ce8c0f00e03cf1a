#include "body.hpp"

#include <algorithm>
#include <string>

#include "document_builder.hpp"
#include "yaml.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

/// Deeper than any document of ours. Merging documents recurses, so depth is stack.
constexpr int kMaxDepth = 32;

enum class Media { json, yaml, unstated, other };

Media media_of(std::string_view header)
{
    const auto type = media_type(header);
    if (type.empty() || type == "application/json" || type.ends_with("+json")) return Media::json;
    if (type == "application/yaml" || type == "application/x-yaml" || type == "text/yaml" ||
        type.ends_with("+yaml")) {
        return Media::yaml;
    }
    // curl -d and fetch() say these when nobody chose a type.
    if (type == "application/x-www-form-urlencoded" || type == "text/plain") {
        return Media::unstated;
    }
    return Media::other;
}

bool too_deep(std::string_view text)
{
    int depth = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        if (quoted) {
            if (c == '\\') ++i;
            if (c == '"') quoted = false;
            continue;
        }
        if (c == '"') quoted = true;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (depth > kMaxDepth) return true;
    }
    return false;
}

}  // namespace

std::string media_type(std::string_view header)
{
    auto type = std::string(header.substr(0, header.find(';')));
    type.erase(std::remove(type.begin(), type.end(), ' '), type.end());
    std::transform(type.begin(), type.end(), type.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    return type;
}

Result<json> json_body(const Request& request)
{
    const auto media = media_of(request.header("content-type"));
    const auto unsupported = [] {
        return fail(Errc::unsupported_media, "send the body as application/json");
    };
    if (media == Media::other || media == Media::yaml) return unsupported();
    if (request.body.empty()) return fail(Errc::malformed, "a JSON body is needed");
    if (too_deep(request.body)) return fail(Errc::malformed, "the JSON is nested too deeply");
    auto body = json::parse(request.body, nullptr, false);
    if (!body.is_discarded()) return body;
    // Nobody chose the type, but this was meant to be JSON.
    const auto first = request.body.find_first_not_of(" \t\r\n");
    const bool meant =
        first != std::string::npos && (request.body[first] == '{' || request.body[first] == '[');
    if (media == Media::unstated && !meant) return unsupported();
    return fail(Errc::malformed, "the body is not valid JSON");
}

bool says_json(const Request& request)
{
    const auto header = request.header("content-type");
    return !header.empty() && media_of(header) == Media::json;
}

Result<json> document_body(const Request& request, const std::string& format)
{
    const auto media = media_of(request.header("content-type"));
    const auto first = request.body.find_first_not_of(" \t\r\n");
    const bool looks_json = first != std::string::npos && request.body[first] == '{';
    const bool named = !format.empty() && media != Media::other;
    const bool known =
        media == Media::json || media == Media::yaml || (media == Media::unstated && looks_json);
    if (!named && !known) {
        return fail(Errc::unsupported_media,
                    "send the body as application/json or application/yaml, or name its format");
    }
    if (first == std::string::npos) return fail(Errc::malformed, "a body is needed");
    if (named ? format == "yaml" : media == Media::yaml) return parse_yaml(request.body);
    DocumentBuilder builder;
    if (json::sax_parse(request.body, &builder)) return std::move(builder.document);
    return fail(Errc::malformed, "the body can't be taken: " + builder.complaint);
}

Result<json> optional_json_body(const Request& request)
{
    if (request.body.empty()) return json::object();
    return json_body(request);
}

}  // namespace sluice::control::http
