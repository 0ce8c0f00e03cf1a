#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/hub/hub.hpp"
#include "core/package/rack.hpp"
#include "text_answer.hpp"

namespace sluice::ngx {

/// Which text about a live window.
enum class Text : std::uint8_t {
    video_playlist,
    audio_playlist,
    video_delta,
    audio_delta,
    transport_playlist,
    multivariant,
    manifest,
};
inline constexpr std::size_t kTexts = 7;

/// A stream's live window as this worker sees it now.
struct WindowView {
    const hub::StreamRecord* stream = nullptr;
    std::uint32_t index = 0;
    package::Edition edition;  ///< of what the copy holds
    bool ended = false;        ///< nobody publishes it any more
    const package::Window* window = nullptr;
};

/// Copies the stream's window. The copy is the worker's only one: it holds until the next call.
/// Nothing when the stream has no window, or one of an earlier run that is over.
std::optional<WindowView> look_at_window(const hub::StreamRecord& stream, std::string_view name);

/// The same, whatever the stream is called.
std::optional<WindowView> look_at_window(const hub::StreamRecord& stream);

/// The text, made at most once for each change of the window; nullptr: not enough is there yet.
SharedText text_of(const WindowView& view, Text text);

/// Forgets the texts of streams that nobody asked for lately.
void forget_old_texts(std::int64_t now_ms);

}  // namespace sluice::ngx
