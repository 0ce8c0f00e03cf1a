#include "text_shelf.hpp"

#include <memory>
#include <unordered_map>

#include "core/dash/manifest.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "core/package/manifest.hpp"
#include "core/package/media_playlist.hpp"
#include "core/package/multivariant.hpp"
#include "live_windows.hpp"
#include "modules/common/ngx.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

constexpr std::int64_t kForgetAfterMs = 60'000;

/// What this worker made of one state of a stream's window.
struct Texts {
    package::Edition edition;
    bool ended = false;
    std::int64_t used_ms = 0;
    std::array<std::optional<SharedText>, kTexts> made;  ///< nullptr: not enough is there
};

std::unordered_map<std::uint32_t, Texts> shelf;  // by stream: as many as the hub has at most

/// The one copy, and what it is of.
struct Copy {
    package::Window window;
    std::uint32_t index = 0;
    package::Edition edition;
};

Copy& copy()
{
    static const auto one = std::make_unique<Copy>();
    return *one;
}

SharedText rendered(const std::optional<hls::MediaPlaylist>& playlist, bool delta)
{
    if (!playlist) return {};
    return share(delta ? hls::render_delta(*playlist) : hls::render(*playlist));
}

SharedText make(const WindowView& view, Text text)
{
    using package::Lane;
    const auto& window = *view.window;
    const auto playlist = [&](Lane lane, bool delta) {
        return rendered(package::media_playlist(window, lane, view.ended), delta);
    };
    switch (text) {
        case Text::video_playlist:
            return playlist(Lane::video, false);
        case Text::audio_playlist:
            return playlist(Lane::audio, false);
        case Text::video_delta:
            return playlist(Lane::video, true);
        case Text::audio_delta:
            return playlist(Lane::audio, true);
        case Text::transport_playlist:
            return playlist(Lane::transport, false);
        case Text::multivariant: {
            const auto over = package::multivariant(window);
            return over ? share(hls::render(*over)) : nullptr;
        }
        case Text::manifest: {
            const auto manifest = package::manifest(window, view.ended, wall_ms());
            return manifest ? share(dash::render(*manifest)) : nullptr;
        }
    }
    return {};
}

}  // namespace

std::optional<WindowView> look_at_window(const hub::StreamRecord& stream)
{
    if (!live_windows()) return std::nullopt;
    WindowView view{.stream = &stream, .index = worker()->zone.index_of(stream)};
    const auto& windows = live_windows().of(view.index);
    auto& mine = copy();
    const auto now = package::edition_of(windows);
    if (!now) return std::nullopt;
    if (mine.index != view.index || mine.edition != now) {
        mine.edition = {};
        const auto read = package::read_window(windows, mine.window);
        if (!read) return std::nullopt;
        mine.index = view.index;
        mine.edition = *read;
    }
    if (mine.window.run != stream.run.load()) return std::nullopt;
    view.edition = mine.edition;
    view.window = &mine.window;
    view.ended = hub::Current::unpack(stream.current.load()).state == hub::State::idle;
    return view;
}

std::optional<WindowView> look_at_window(const hub::StreamRecord& stream, std::string_view name)
{
    const auto view = look_at_window(stream);
    return view && view->window->name_text() == name ? view : std::nullopt;
}

SharedText text_of(const WindowView& view, Text text)
{
    auto& texts = shelf[view.index];
    if (texts.edition != view.edition || texts.ended != view.ended) {
        texts.edition = view.edition;
        texts.ended = view.ended;
        for (auto& one : texts.made) one.reset();
    }
    texts.used_ms = mono_ms();
    auto& made = texts.made.at(static_cast<std::size_t>(text));
    // A manifest says what time it is.
    if (!made || text == Text::manifest) made = make(view, text);
    return *made;
}

void forget_old_texts(std::int64_t now_ms)
{
    std::erase_if(
        shelf, [&](const auto& entry) { return now_ms - entry.second.used_ms > kForgetAfterMs; });
}

}  // namespace sluice::ngx
