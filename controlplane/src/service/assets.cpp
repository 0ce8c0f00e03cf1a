#include "assets.hpp"

#include <algorithm>
#include <filesystem>
#include <set>
#include <utility>
#include <vector>

#include "../store/schema.hpp"
#include "asset_reference.hpp"
#include "audit.hpp"
#include "image_file.hpp"
#include "random.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kIdBytes = 8;
constexpr std::size_t kPiece = 512u << 10;
constexpr int kAttempts = 20;

Error no_such_asset()
{
    return {Errc::not_found, "there is no such image", {}};
}

Result<json> document_of(const store::Entry& entry)
{
    auto document = json::parse(entry.value, nullptr, false);
    if (!document.is_object()) return fail(Errc::internal, "a stored image is damaged");
    return document;
}

void add_pieces(const std::string& id, std::string_view bytes, std::vector<store::Operation>& work)
{
    for (std::size_t at = 0, number = 1; at < bytes.size(); at += kPiece, ++number) {
        work.push_back(store::put(store::numbered_key(schema::asset_bytes(id), number),
                                  std::string(bytes.substr(at, kPiece))));
    }
}

Result<ImageKind> stated_kind(const std::string& media_type)
{
    const auto kind = image_kind(media_type);
    if (kind) return *kind;
    return fail(Errc::unsupported_media,
                "send the image as image/png, image/jpeg, image/gif or image/webp");
}

Result<void> refuse_if_used(const store::Store& store, const std::string& id)
{
    const auto users = channels_with_asset(store, id);
    if (!users) return tl::unexpected(users.error());
    if (users->empty()) return {};
    std::string names;
    std::vector<FieldError> fields;
    for (const auto& channel : *users) {
        names += (names.empty() ? "" : ", ") + channel;
        fields.push_back({"channels", channel});
    }
    return fail(Errc::conflict, "channels use it: " + names, std::move(fields));
}

}  // namespace

Result<store::Entry> Assets::find(std::string_view id) const
{
    if (!is_image_name(id)) return tl::unexpected(no_such_asset());
    auto entry = store_.get(schema::asset(id));
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return tl::unexpected(no_such_asset());
    return std::move(**entry);
}

Result<void> Assets::check_room(std::size_t more) const
{
    const auto page = store_.list(schema::kAssets, "", kMaxAssets);
    if (!page) return tl::unexpected(page.error());
    if (page->items.size() >= kMaxAssets) {
        return fail(Errc::conflict,
                    "there are " + std::to_string(kMaxAssets) + " images already: delete some");
    }
    for (const auto& entry : page->items) {
        const auto document = document_of(entry);
        if (!document) return tl::unexpected(document.error());
        more += document->at("bytes").get<std::size_t>();
    }
    if (more <= kMaxBytes) return {};
    return fail(Errc::conflict, "all images together may have " + std::to_string(kMaxBytes >> 20) +
                                    " MiB: delete some");
}

Result<json> Assets::create(const Caller& by, const Upload& upload)
{
    const auto stated = stated_kind(upload.media_type);
    if (!stated) return tl::unexpected(stated.error());
    const auto header = folder_.check(upload.bytes);
    if (!header) return tl::unexpected(header.error());
    if (header->kind != *stated) {
        return fail(Errc::unsupported_media, std::string("the body is ") +
                                                 format_of(header->kind).media_type + ", not " +
                                                 upload.media_type);
    }
    const auto id = random_hex(kIdBytes);
    const json document{{"id", id},
                        {"name", upload.name},
                        {"content_type", format_of(header->kind).media_type},
                        {"bytes", upload.bytes.size()},
                        {"width", header->width},
                        {"height", header->height},
                        {"sha256", sha256_hex(std::string(upload.bytes))},
                        {"created_at", format_timestamp(now_s())}};
    std::vector<store::Operation> work{store::put(schema::asset(id), document.dump(), 0),
                                       audit::entry(by, {"asset.create", id, nullptr, document})};
    add_pieces(id, upload.bytes, work);

    const std::lock_guard lock(adding_);
    if (auto room = check_room(upload.bytes.size()); !room) return tl::unexpected(room.error());
    // The file first: whoever sees the image in the store may name it in a channel.
    if (auto done = folder_.put(id, header->kind, upload.bytes); !done) {
        return tl::unexpected(done.error());
    }
    if (auto done = store_.commit(std::move(work)); !done) {
        folder_.remove(id);
        return tl::unexpected(done.error());
    }
    return document;
}

Result<json> Assets::get(std::string_view id) const
{
    return find(id).and_then(document_of);
}

Result<json> Assets::list(std::size_t limit, std::string_view cursor) const
{
    const auto after = cursor.empty() ? std::string() : schema::asset(cursor);
    const auto page = store_.list(schema::kAssets, after, limit);
    if (!page) return tl::unexpected(page.error());
    json items = json::array();
    for (const auto& entry : page->items) {
        auto document = document_of(entry);
        if (!document) return document;
        items.push_back(std::move(*document));
    }
    const auto next = page->more ? items.back().at("id") : json();
    return json{{"items", std::move(items)}, {"next_cursor", next}};
}

Result<std::string> Assets::bytes_of(std::string_view id) const
{
    const auto pieces = store_.list(schema::asset_bytes(id), "", store::kMaxOperations);
    if (!pieces) return tl::unexpected(pieces.error());
    std::string bytes;
    for (const auto& piece : pieces->items) bytes += piece.value;
    return bytes;
}

Result<Assets::Content> Assets::content(std::string_view id) const
{
    const auto document = get(id);
    if (!document) return tl::unexpected(document.error());
    return bytes_of(id).map([&](std::string&& bytes) {
        return Content{std::move(bytes), document->at("content_type").get<std::string>()};
    });
}

Result<void> Assets::remove(const Caller& by, std::string_view id)
{
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
        const auto entry = find(id);
        if (!entry) return tl::unexpected(entry.error());
        const auto document = document_of(*entry);
        if (!document) return tl::unexpected(document.error());
        const auto name = document->at("id").get<std::string>();
        if (auto unused = refuse_if_used(store_, name); !unused) return unused;
        std::vector<store::Operation> work{
            store::remove(entry->key, entry->version),
            audit::entry(by, {"asset.delete", name, *document, nullptr})};
        const auto pieces = document->at("bytes").get<std::size_t>() / kPiece + 1;
        for (std::size_t number = 1; number <= pieces; ++number) {
            work.push_back(store::remove(store::numbered_key(schema::asset_bytes(id), number)));
        }
        const auto done = store_.commit(std::move(work));
        if (done) {
            folder_.remove(name);
            return {};
        }
        // A channel began to use it.
        if (done.error().code != Errc::precondition) return tl::unexpected(done.error());
    }
    return fail(Errc::unavailable, "channels with this image are being changed: try again");
}

Result<void> Assets::write_out()
{
    const std::lock_guard lock(adding_);
    const auto page = store_.list(schema::kAssets, "", kMaxAssets);
    if (!page) return tl::unexpected(page.error());
    std::set<std::string> wanted;
    for (const auto& entry : page->items) {
        const auto document = document_of(entry);
        if (!document) return tl::unexpected(document.error());
        const auto id = document->at("id").get<std::string>();
        wanted.insert(id);
        const auto kind = image_kind(document->at("content_type").get<std::string>());
        const auto file = image_file(folder_.path(), id);
        std::error_code error;
        if (!kind || (file && std::filesystem::file_size(*file, error) == document->at("bytes"))) {
            continue;
        }
        const auto bytes = bytes_of(id);
        if (!bytes) return tl::unexpected(bytes.error());
        if (auto done = folder_.put(id, *kind, *bytes); !done) return done;
    }
    for (const auto& name : folder_.names()) {
        if (!name.starts_with("url-") && !wanted.contains(name)) folder_.remove(name);
    }
    return {};
}

}  // namespace sluice::control
