#include "resource.hpp"

#include <algorithm>
#include <charconv>

#include "core/auth/channel_id.hpp"

namespace sluice::package {
namespace {

/// Cuts what stands before the next slash off the path; the path is empty after the last.
std::string_view next(std::string_view& path)
{
    const auto slash = path.find('/');
    const auto name = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    return name;
}

bool take_suffix(std::string_view& name, std::string_view suffix)
{
    if (!name.ends_with(suffix)) return false;
    name.remove_suffix(suffix.size());
    return true;
}

std::optional<std::uint64_t> number(std::string_view text)
{
    std::uint64_t value = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, value);
    const bool plain = !text.empty() && (text.front() != '0' || text.size() == 1);
    if (!plain || error != std::errc() || at != end) return std::nullopt;
    return value;
}

bool is_file_name(std::string_view name)
{
    return !name.empty() && std::ranges::all_of(name, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.';
    });
}

bool take_file(std::string_view name, Resource& out)
{
    if (name == "init.mp4") {
        out.asked = Asked::init;
        return true;
    }
    if (take_suffix(name, ".ts")) {
        out.lane = Lane::transport;
    } else if (!take_suffix(name, ".m4s")) {
        return false;
    }
    out.asked = Asked::segment;
    if (const auto dot = name.find('.'); dot != std::string_view::npos) {
        const auto part = number(name.substr(dot + 1));
        if (!part || out.lane == Lane::transport) return false;
        out.asked = Asked::part;
        out.part = *part;
        name = name.substr(0, dot);
    }
    const auto sequence = number(name);
    out.sequence = sequence.value_or(0);
    return sequence.has_value();
}

/// `v`, `a`, `<rendition>-v`, `<rendition>-a`.
bool take_track_name(std::string_view name, Resource& out)
{
    if (name.empty()) return false;
    const char kind = name.back();
    name.remove_suffix(1);
    if (kind != 'v' && kind != 'a') return false;
    out.lane = kind == 'v' ? Lane::video : Lane::audio;
    if (name.empty()) return true;
    if (!take_suffix(name, "-") || !channel::is_rendition_name(name)) return false;
    out.rendition = channel::rendition_called(name);
    return true;
}

/// What is below `s/`.
bool take_track(std::string_view path, Resource& out)
{
    if (!take_track_name(next(path), out)) return false;
    const auto folder = next(path);
    if (path.empty()) {
        out.asked = Asked::lane_playlist;
        return folder == "index.m3u8";
    }
    const auto period = number(folder);
    const auto file = next(path);
    out.period = period.value_or(0);
    return period && path.empty() && take_file(file, out);
}

/// What is below `dvr/`. What the archive calls its files is not known here.
bool take_dvr(std::string_view name, Resource& out)
{
    out.low_latency = true;
    out.file = name;
    out.asked = Asked::dvr_media;
    if (name == "index.m3u8") out.asked = Asked::dvr_multivariant;
    if (name == "v.m3u8" || name == "a.m3u8") out.asked = Asked::dvr_playlist;
    if (name == "a.m3u8" || name.find("-a") != std::string_view::npos) out.lane = Lane::audio;
    return is_file_name(name);
}

bool take_playlist(std::string_view name, bool rendition, Resource& out)
{
    out.asked = Asked::multivariant;
    if (name == "index.m3u8") return true;
    if (name == "live.m3u8") {
        out.asked = Asked::transport_playlist;
        out.lane = Lane::transport;
        return true;
    }
    out.low_latency = true;
    if (rendition) return false;
    if (name == "master.m3u8") return true;
    out.asked = Asked::manifest;
    return name == "manifest.mpd";
}

/// What is below `/<channel>/`.
bool take_rest(std::string_view rest, Resource& out)
{
    const auto name = next(rest);
    if (rest.empty()) return take_playlist(name, false, out);
    if (name == "dvr") return take_dvr(rest, out);
    if (name == "s") return take_track(rest, out);
    if (!channel::is_rendition_name(name) || rest.find('/') != std::string_view::npos) return false;
    out.rendition = channel::rendition_called(name);
    return take_playlist(rest, true, out);
}

}  // namespace

std::optional<Resource> parse_resource(std::string_view path)
{
    if (!path.starts_with('/') || path.ends_with('/')) return std::nullopt;
    auto rest = path.substr(1);
    Resource out;
    out.channel = next(rest);
    if (!auth::is_channel_id(out.channel) || !take_rest(rest, out)) return std::nullopt;
    out.stream = channel::StreamName(out.channel, out.rendition);
    return out;
}

}  // namespace sluice::package
