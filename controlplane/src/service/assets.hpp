#pragma once

#include <cstddef>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "../store/store.hpp"
#include "caller.hpp"
#include "image_folder.hpp"

namespace sluice::control {

/// Uploaded images. They are kept in the store, so that backups hold them and a channel never
/// outlives the image it names; the folder has a copy of each for those who read files.
/// Thread-safe.
class Assets {
public:
    static constexpr std::size_t kMaxAssets = 200;
    static constexpr std::size_t kMaxBytes = 64u << 20;  ///< of all together

    /// Both must outlive this.
    Assets(store::Store& store, ImageFolder& folder) : store_(store), folder_(folder) {}

    struct Upload {
        std::string name;
        std::string media_type;
        std::string_view bytes;
    };

    /// Answers {id, name, content_type, bytes, width, height, sha256, created_at}. Errors:
    /// unsupported_media, too_large, invalid, conflict (there is no room).
    Result<nlohmann::json> create(const Caller& by, const Upload& upload);
    Result<nlohmann::json> get(std::string_view id) const;
    Result<nlohmann::json> list(std::size_t limit, std::string_view cursor) const;

    struct Content {
        std::string bytes;
        std::string media_type;
    };
    Result<Content> content(std::string_view id) const;

    /// Errc::conflict, naming them, while channels use it.
    Result<void> remove(const Caller& by, std::string_view id);

    /// Makes the folder hold what the store does: at the start, and when a backup was put back.
    Result<void> write_out();

private:
    Result<store::Entry> find(std::string_view id) const;
    Result<void> check_room(std::size_t more) const;
    Result<std::string> bytes_of(std::string_view id) const;

    store::Store& store_;
    ImageFolder& folder_;
    std::mutex adding_;  ///< held from the look at the room to the commit
};

}  // namespace sluice::control
