#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace sluice::channel {

/// Whether a rendition may be called so: `[a-z0-9_-]{1,32}`, and none of the names that mean
/// something else inside a channel. `raw` is the input behind a watermark, which has no address.
bool is_rendition_name(std::string_view name);

/// The name that a rendition goes by: `ld`, `sd`, `hd` and `ud` may also be called by their
/// heights, `360p`, `480p`, `720p` and `1080p`. Borrows from the name where it is its own.
std::string_view rendition_called(std::string_view name);

/// The name of a stream in the hub: `<channel>` or `<channel>/<rendition>`, as rendition_called()
/// has it.
class StreamName {
public:
    StreamName() = default;
    explicit StreamName(std::string_view channel, std::string_view rendition = {});

    operator std::string_view() const { return {text_.data(), size_}; }
    friend bool operator==(const StreamName& a, std::string_view b)
    {
        return std::string_view(a) == b;
    }

private:
    std::array<char, 112> text_{};
    std::size_t size_ = 0;
};

/// Whose stream it is: what stands before the slash, or all of it.
constexpr std::string_view channel_of(std::string_view stream)
{
    return stream.substr(0, stream.find('/'));
}

/// The rendition in a stream's name; empty when it is the channel's programme.
constexpr std::string_view rendition_of(std::string_view stream)
{
    const auto slash = stream.find('/');
    return slash == std::string_view::npos ? std::string_view() : stream.substr(slash + 1);
}

/// What a viewer asks for, `<channel>` or `<channel>/<rendition>` → the stream; nothing when it is
/// no name.
std::optional<StreamName> stream_called(std::string_view name);

/// `/<channel>/<file>` or `/<channel>/<rendition>/<file>` → the stream; nothing for another path.
std::optional<StreamName> stream_at(std::string_view path, std::string_view file);

}  // namespace sluice::channel
