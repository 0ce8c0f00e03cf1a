#include "manifest.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/channel/file.hpp"

namespace sluice::channel {
namespace {

constexpr std::size_t kMaxManifestBytes = 4096;
constexpr std::size_t kMaxFileName = 255;
constexpr std::size_t kMaxSource = 256;

bool is_file_name(std::string_view name)
{
    if (name.empty() || name.size() > kMaxFileName || name.starts_with('.')) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               c == '-' || c == '_' || c == '.';
    });
}

bool is_sha256(std::string_view text)
{
    return text.size() == 64 && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

const nlohmann::json* member(const nlohmann::json& object, const char* name,
                             bool (nlohmann::json::*is_type)() const noexcept)
{
    const auto found = object.find(name);
    if (found == object.end() || !((*found).*is_type)()) return nullptr;
    return &*found;
}

}  // namespace

std::string snapshot_file_name(std::uint64_t generation)
{
    return "channels-" + std::to_string(generation) + ".mdb";
}

Result<Manifest> parse_manifest(std::string_view text)
{
    const auto fail = [](std::string_view where) {
        return tl::unexpected(Error{Errc::malformed, where});
    };
    if (text.size() > kMaxManifestBytes) return fail("manifest size");
    const auto json = nlohmann::json::parse(text, nullptr, false);
    if (!json.is_object()) return fail("manifest json");

    const auto* generation = member(json, "generation", &nlohmann::json::is_number_unsigned);
    const auto* file = member(json, "file", &nlohmann::json::is_string);
    const auto* size = member(json, "size", &nlohmann::json::is_number_unsigned);
    const auto* sha256 = member(json, "sha256", &nlohmann::json::is_string);
    if (!generation || !file || !size || !sha256) return fail("manifest member");

    Manifest manifest{.generation = generation->get<std::uint64_t>(),
                      .file = file->get<std::string>(),
                      .size = size->get<std::uint64_t>(),
                      .sha256 = sha256->get<std::string>()};
    if (const auto* source = member(json, "source", &nlohmann::json::is_string)) {
        manifest.source = source->get<std::string>();
        if (manifest.source.size() > kMaxSource) return fail("manifest source");
    }
    if (!is_file_name(manifest.file)) return fail("manifest file name");
    if (!is_sha256(manifest.sha256)) return fail("manifest sha256");
    return manifest;
}

std::string to_json(const Manifest& manifest)
{
    nlohmann::ordered_json json{{"generation", manifest.generation},
                                {"file", manifest.file},
                                {"size", manifest.size},
                                {"sha256", manifest.sha256}};
    if (!manifest.source.empty()) json["source"] = manifest.source;
    return json.dump() + "\n";
}

Result<Manifest> read_manifest(const std::filesystem::path& dir)
{
    const auto text = read_small_file(dir / kManifestName, kMaxManifestBytes);
    if (!text) return tl::unexpected(text.error());
    return parse_manifest(*text);
}

}  // namespace sluice::channel
