#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/base/result.hpp"

namespace sluice::channel {

/// What a process gets on its standard input.
enum class Feed : std::uint8_t {
    none,       ///< nothing: it fetches the stream itself, and runs as long as its channel may live
    input,      ///< what the encoder sends
    programme,  ///< what viewers see: the marked picture where there is a watermark
};

/// Which frames of it.
enum class Frames : std::uint8_t { all, key };

/// A pipe on which a process gives fragmented MP4 back.
struct HookOutput {
    std::string name;  ///< of the rendition; empty: it is the channel's programme
    /// Behind the hook's own arguments when this output is made. The one at `index` of
    /// Hook::outputs writes to file descriptor kFirstOutput + index.
    std::vector<std::string> argv;
    std::uint32_t width = 0;   ///< pixels: not made of a picture that would have to be enlarged …
    std::uint32_t height = 0;  ///< … to fill this box; 0: made of any

    /// Whether it is made of a picture of this size, in pixels; 0: there is none yet.
    bool is_made_of(std::uint32_t picture_width, std::uint32_t picture_height) const
    {
        if (width == 0) return true;
        return picture_width != 0 && (width <= picture_width || height <= picture_height);
    }

    bool operator==(const HookOutput&) const = default;
};

inline constexpr int kFirstOutput = 3;
/// The newest picture in Hook::folder: it goes with its hook.
inline constexpr const char* kSnapshotName = "snapshot.jpg";
/// Where a process writes FFmpeg's `-progress` to.
inline constexpr int kProgressDescriptor = 100;
/// Where a process writes events to: one JSON object per line.
inline constexpr int kEventsDescriptor = 101;

/// A process that runs while its channel's stream does: what the control plane decided, and all
/// that nginx knows of it.
struct Hook {
    std::string name;  ///< within its channel: "transcode", "relay-1", …
    Feed feed = Feed::input;
    Frames frames = Frames::all;
    std::vector<std::string> argv;  ///< the program's absolute path first; no shell ever
    std::vector<HookOutput> outputs;
    bool progress = false;             ///< it writes to kProgressDescriptor
    bool events = false;               ///< it writes to kEventsDescriptor
    std::string folder;                ///< made before it starts; empty: none
    std::uint32_t cpu_units = 0;       ///< 1024 are a core; 0: not bounded
    std::uint32_t memory_mb = 0;       ///< 0: not bounded
    std::vector<std::string> secrets;  ///< never shown, wherever its words are
    bool copies =
        false;  ///< what it is fed with goes on as it is: other headers need a new process
    bool show_input = false;  ///< while it can't make the programme viewers see the input

    bool operator==(const Hook&) const = default;

    /// Whether it can do nothing with sound alone.
    bool needs_picture() const
    {
        // What it keeps in files are pictures, and what moves in them.
        return !folder.empty() || std::ranges::any_of(outputs, [](const HookOutput& output) {
            return output.width != 0;
        });
    }
    /// Whether it makes what viewers of the channel itself see.
    bool makes_programme() const { return !outputs.empty() && outputs.front().name.empty(); }
    /// Whether it marks the input, which then has no address of its own.
    bool marks() const { return feed != Feed::none && makes_programme(); }
    /// Whether it takes the place of an encoder.
    bool pulls() const { return feed == Feed::none && makes_programme(); }
};

/// Whether one of a record's hooks takes the place of an encoder; of what is none, no.
bool has_pull(std::span<const std::uint8_t> encoded);

/// The hooks of a channel's record, as encode() wrote them. Errc::malformed as decode().
Result<std::vector<Hook>> decode_hooks(std::span<const std::uint8_t> bytes);

}  // namespace sluice::channel
