#include "stream_name.hpp"

#include <algorithm>

#include "core/auth/channel_id.hpp"

namespace sluice::channel {
namespace {

constexpr std::size_t kMaxRendition = 32;
constexpr std::string_view kReserved[] = {"raw",    "vod",   "dvr",      "s",       "live",
                                          "master", "index", "manifest", "snapshot"};

struct OtherName {
    std::string_view other;
    std::string_view name;
};

constexpr OtherName kHeights[] = {{"360p", "ld"}, {"480p", "sd"}, {"720p", "hd"}, {"1080p", "ud"}};

}  // namespace

bool is_rendition_name(std::string_view name)
{
    if (name.empty() || name.size() > kMaxRendition) return false;
    if (std::ranges::find(kReserved, name) != std::end(kReserved)) return false;
    return std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
    });
}

std::string_view rendition_called(std::string_view name)
{
    const auto* found = std::ranges::find(kHeights, name, &OtherName::other);
    return found == std::end(kHeights) ? name : found->name;
}

StreamName::StreamName(std::string_view channel, std::string_view rendition)
{
    const auto append = [this](std::string_view text) {
        size_ += text.copy(text_.data() + size_, text_.size() - size_);
    };
    append(channel);
    if (rendition.empty()) return;
    append("/");
    append(rendition_called(rendition));
}

std::optional<StreamName> stream_called(std::string_view name)
{
    if (!auth::is_channel_id(channel_of(name))) return std::nullopt;
    const bool below = name.find('/') != std::string_view::npos;
    if (below && !is_rendition_name(rendition_of(name))) return std::nullopt;
    return StreamName(channel_of(name), rendition_of(name));
}

std::optional<StreamName> stream_at(std::string_view path, std::string_view file)
{
    if (!path.starts_with('/') || !path.ends_with(file)) return std::nullopt;
    path = path.substr(1, path.size() - 1 - file.size());
    if (!path.ends_with('/')) return std::nullopt;
    path.remove_suffix(1);
    return stream_called(path);
}

}  // namespace sluice::channel
