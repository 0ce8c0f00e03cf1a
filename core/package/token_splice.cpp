#include "token_splice.hpp"

#include <array>

namespace sluice::package {
namespace {

/// Copies `text` and puts the parameter before every closing quote of the attributes that begin
/// with one of `openings`.
template <std::size_t N>
void splice_attributes(std::string_view text, const std::array<std::string_view, N>& openings,
                       std::string_view parameter, std::string& out)
{
    for (const auto opening : openings) {
        const auto at = text.find(opening);
        if (at == std::string_view::npos) continue;
        const auto end = text.find('"', at + opening.size());
        if (end == std::string_view::npos) continue;
        splice_attributes(text.substr(0, at), openings, parameter, out);
        out += text.substr(at, end - at);
        out += '?';
        out += parameter;
        return splice_attributes(text.substr(end), openings, parameter, out);
    }
    out += text;
}

}  // namespace

std::string splice_into_playlist(std::string_view playlist, std::string_view parameter)
{
    constexpr std::array<std::string_view, 1> kOpenings{"URI=\""};
    std::string out;
    out.reserve(playlist.size() * 2);
    while (!playlist.empty()) {
        const auto line = playlist.substr(0, playlist.find('\n'));
        if (line.starts_with('#')) {
            splice_attributes(line, kOpenings, parameter, out);
        } else {
            out += line;
            if (!line.empty()) (out += '?') += parameter;
        }
        if (line.size() == playlist.size()) break;
        out += '\n';
        playlist.remove_prefix(line.size() + 1);
    }
    return out;
}

std::string splice_into_manifest(std::string_view manifest, std::string_view parameter)
{
    constexpr std::array<std::string_view, 2> kOpenings{" initialization=\"", " media=\""};
    std::string out;
    out.reserve(manifest.size() * 2);
    while (!manifest.empty()) {
        const auto line = manifest.substr(0, manifest.find('\n'));
        splice_attributes(line, kOpenings, parameter, out);
        if (line.size() == manifest.size()) break;
        out += '\n';
        manifest.remove_prefix(line.size() + 1);
    }
    return out;
}

}  // namespace sluice::package
