#include "backup_file.hpp"

#include <openssl/evp.h>

#include <array>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "../store/lmdb_store.hpp"
#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "settings_schema.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
namespace schema = store::schema;

constexpr std::size_t kPage = 500;

Result<void> check_entry(const store::Entry& entry)
{
    const std::string_view key = entry.key;
    const auto damaged = [&] {
        return fail(Errc::conflict, "its entry " + entry.key + " is damaged");
    };
    if (key.starts_with(schema::kChannels)) {
        const auto channel = from_stored(entry);
        if (!channel || channel->value("id", "") != key.substr(schema::kChannels.size())) {
            return damaged();
        }
        return {};
    }
    if (key == schema::kSettings) {
        const auto record = json::parse(entry.value, nullptr, false);
        if (!record.is_object() || !record.contains("document")) return damaged();
        return {};
    }
    for (const auto prefix :
         {schema::kTokens, schema::kUsers, schema::kAudit, schema::kEvents, schema::kAssets}) {
        if (!key.starts_with(prefix)) continue;
        if (!json::parse(entry.value, nullptr, false).is_object()) return damaged();
    }
    return {};
}

}  // namespace

Result<FileDigest> digest_of(const std::filesystem::path& file)
{
    std::ifstream in(file, std::ios::binary);
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          EVP_MD_CTX_free);
    if (!in || !context || EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) != 1) {
        return fail(Errc::unavailable, file.string() + " can't be read");
    }
    FileDigest digest;
    std::array<char, 65536> piece{};
    while (in.read(piece.data(), piece.size()) || in.gcount() > 0) {
        digest.bytes += static_cast<std::uint64_t>(in.gcount());
        EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(in.gcount()));
    }
    if (in.bad()) return fail(Errc::unavailable, file.string() + " can't be read");
    std::array<unsigned char, EVP_MAX_MD_SIZE> hash{};
    unsigned length = 0;
    EVP_DigestFinal_ex(context.get(), hash.data(), &length);
    constexpr std::string_view digits = "0123456789abcdef";
    for (unsigned i = 0; i < length; ++i) {
        digest.sha256.push_back(digits[hash.at(i) >> 4]);
        digest.sha256.push_back(digits[hash.at(i) & 15]);
    }
    return digest;
}

Result<void> check_backup(const std::filesystem::path& file)
{
    auto store = store::LmdbStore::open(file);
    if (!store) return tl::unexpected(store.error());
    // An empty file is a good store for LMDB, and would put nothing in the place of everything.
    auto marker = (*store)->get(schema::kBackup);
    if (!marker) return tl::unexpected(marker.error());
    if (!*marker) return fail(Errc::conflict, "it is no backup of a Sluice");
    std::string after;
    while (true) {
        auto page = (*store)->list("", after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            if (auto fine = check_entry(entry); !fine) return fine;
            after = entry.key;
        }
        if (!page->more) return {};
    }
}

}  // namespace sluice::control
