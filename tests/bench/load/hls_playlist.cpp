#include "hls_playlist.hpp"

#include <charconv>
#include <cmath>

namespace sluice::bench {
namespace {

constexpr std::string_view kFirstLine = "#EXTM3U";

/// Takes the next line off `text`, without its end.
std::string_view take_line(std::string_view& text)
{
    const auto end = text.find('\n');
    auto line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

/// The rest of `line` when it is that tag.
std::optional<std::string_view> tag(std::string_view line, std::string_view name)
{
    if (!line.starts_with(name)) return {};
    line.remove_prefix(name.size());
    if (line.empty()) return line;
    if (line.front() != ':') return {};
    return line.substr(1);
}

/// The value of an attribute, without its quotation marks; empty when it is not there (4.2).
std::string_view attribute(std::string_view list, std::string_view name)
{
    while (!list.empty()) {
        const auto equals = list.find('=');
        if (equals == std::string_view::npos) return {};
        const auto key = list.substr(0, equals);
        list.remove_prefix(equals + 1);
        const bool quoted = list.starts_with('"');
        if (quoted) list.remove_prefix(1);
        const auto end = list.find(quoted ? '"' : ',');
        if (key == name) return list.substr(0, end);
        if (end == std::string_view::npos) return {};
        list.remove_prefix(end + 1);
        if (quoted && list.starts_with(',')) list.remove_prefix(1);
    }
    return {};
}

std::int64_t microseconds(std::string_view seconds)
{
    double value = 0;
    std::from_chars(seconds.data(), seconds.data() + seconds.size(), value);
    return std::llround(value * 1e6);
}

std::uint64_t number(std::string_view text)
{
    std::uint64_t value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

class Reader {
public:
    Result<HlsPlaylist> read(std::string_view text)
    {
        if (take_line(text) != kFirstLine) return fail("the playlist does not begin with #EXTM3U");
        while (!text.empty()) {
            const auto line = take_line(text);
            if (line.empty()) continue;
            if (line.front() == '#') {
                read_part_tag(line);
            } else {
                end_segment(line);
            }
        }
        if (out_.target_duration_us == 0) return fail("the playlist has no target duration");
        return std::move(out_);
    }

private:
    /// Most lines of a low-latency playlist are parts: these come first.
    void read_part_tag(std::string_view line)
    {
        if (const auto part = tag(line, "#EXT-X-PART")) {
            out_.parts.push_back({out_.next, std::string(attribute(*part, "URI")),
                                  microseconds(attribute(*part, "DURATION")),
                                  attribute(*part, "INDEPENDENT") == "YES"});
            ++out_.next.part;
        } else if (const auto info = tag(line, "#EXTINF")) {
            segment_us_ = microseconds(info->substr(0, info->find(',')));
        } else if (const auto map = tag(line, "#EXT-X-MAP")) {
            out_.map = attribute(*map, "URI");
        } else if (const auto hint = tag(line, "#EXT-X-PRELOAD-HINT")) {
            if (attribute(*hint, "TYPE") == "PART") out_.preload_hint = attribute(*hint, "URI");
        } else {
            read_playlist_tag(line);
        }
    }

    void read_playlist_tag(std::string_view line)
    {
        if (const auto target = tag(line, "#EXT-X-TARGETDURATION")) {
            out_.target_duration_us = microseconds(*target);
        } else if (const auto first = tag(line, "#EXT-X-MEDIA-SEQUENCE")) {
            out_.sequence = number(*first);
            out_.next = {out_.sequence, 0};
        } else if (const auto skip = tag(line, "#EXT-X-SKIP")) {
            out_.next.segment += number(attribute(*skip, "SKIPPED-SEGMENTS"));
        } else if (const auto control = tag(line, "#EXT-X-SERVER-CONTROL")) {
            out_.can_block_reload = attribute(*control, "CAN-BLOCK-RELOAD") == "YES";
            out_.part_hold_back_us = microseconds(attribute(*control, "PART-HOLD-BACK"));
        } else if (const auto parts = tag(line, "#EXT-X-PART-INF")) {
            out_.part_target_us = microseconds(attribute(*parts, "PART-TARGET"));
        } else if (tag(line, "#EXT-X-ENDLIST")) {
            out_.ended = true;
        }
    }

    void end_segment(std::string_view uri)
    {
        out_.segments.push_back({out_.next.segment, std::string(uri), segment_us_});
        out_.next = {out_.next.segment + 1, 0};
    }

    HlsPlaylist out_;
    std::int64_t segment_us_ = 0;
};

/// Without "." and "..", which must not lead above the root.
std::string without_dots(std::string_view path)
{
    std::string out;
    while (!path.empty()) {
        const auto end = path.find('/', 1);
        const auto step = path.substr(0, end);
        path.remove_prefix(step.size());
        const bool last = path.empty();
        if (step == "/..") out.resize(out.empty() ? 0 : out.rfind('/'));
        if (step != "/.." && step != "/.") {
            out += step;
        } else if (last) {
            out += '/';
        }
    }
    return out;
}

}  // namespace

Result<HlsPlaylist> parse_media_playlist(std::string_view text)
{
    return Reader().read(text);
}

Result<std::optional<HlsVariant>> parse_multivariant(std::string_view text)
{
    if (take_line(text) != kFirstLine) return fail("the playlist does not begin with #EXTM3U");
    HlsVariant variant;
    std::string audio;
    while (!text.empty()) {
        const auto line = take_line(text);
        if (const auto media = tag(line, "#EXT-X-MEDIA")) {
            if (audio.empty() && attribute(*media, "TYPE") == "AUDIO")
                audio = attribute(*media, "URI");
        } else if (const auto stream = tag(line, "#EXT-X-STREAM-INF")) {
            while (variant.uri.empty() && !text.empty()) variant.uri = take_line(text);
            if (!attribute(*stream, "AUDIO").empty()) variant.audio_uri = audio;
            return variant;
        }
    }
    return std::nullopt;
}

Result<std::string> resolve_path(std::string_view base, std::string_view uri)
{
    if (uri.empty() || uri.starts_with("//") || uri.find("://") != std::string_view::npos)
        return fail("not a URI of this server: " + std::string(uri));
    const auto query_at = uri.find('?');
    const auto path = uri.substr(0, query_at);
    const auto query = query_at == std::string_view::npos ? "" : uri.substr(query_at);
    const auto folder = base.substr(0, base.substr(0, base.find('?')).rfind('/') + 1);
    const auto whole = path.starts_with('/') ? std::string(path) : std::string(folder).append(path);
    return without_dots(whole).append(query);
}

}  // namespace sluice::bench
