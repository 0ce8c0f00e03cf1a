#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/result.hpp"

/// What an nginx worker and its sluice-exec tell each other: one JSON object per packet of a
/// SOCK_SEQPACKET socket. Members that we don't know are passed over.
namespace sluice::hook {

/// Where sluice-exec finds its end of the socket.
inline constexpr int kControlDescriptor = 200;
inline constexpr std::uint32_t kMaxOutputs = 64;
inline constexpr std::size_t kMaxMessage = 128u << 10;  ///< bytes
inline constexpr std::size_t kMaxLine = 240;            ///< bytes of a Line's text
inline constexpr std::size_t kMaxEvent = 512;           ///< bytes of an Event's data

/// The worker's first message: what to run, and within what.
struct Spec {
    std::int32_t parent = 0;  ///< process id of the worker
    std::vector<std::string> argv;
    /// Descriptors from channel::kFirstOutput on. Where the worker gave none it is /dev/null.
    std::uint32_t outputs = 0;
    bool progress = false;  ///< the program gets channel::kProgressDescriptor
    bool events = false;    ///< the program gets channel::kEventsDescriptor
    std::string log;        ///< path; empty: none
    std::uint64_t log_bytes = 1u << 20;
    std::uint32_t log_kept = 2;
    std::int32_t nice = 0;           ///< 0 … 19
    std::uint64_t memory_bytes = 0;  ///< 0: not bounded
    std::uint32_t cpu_units = 0;     ///< 1024 are a core; 0: not bounded
    std::string cgroup;              ///< a cgroup v2 folder that may be written to; empty: none
    std::vector<std::string> secrets;
    /// After the end was asked for the program may finish by itself: the worker gives it the end of
    /// its input. Then SIGTERM, …
    std::uint32_t grace_ms = 5000;
    std::uint32_t term_ms = 3000;  ///< … and after that SIGKILL

    bool operator==(const Spec&) const = default;
};

/// What the worker may ask for after that.
enum class Request : std::uint8_t {
    end,   ///< by grace_ms and term_ms
    kill,  ///< at once
};

struct Started {
    /// Also its process group: a worker that lost sluice-exec without an Ended kills the group,
    /// since only the program itself dies with sluice-exec in any case.
    std::int32_t pid = 0;
    bool operator==(const Started&) const = default;
};

/// Of FFmpeg's `-progress`; 0 where it doesn't say.
struct Progress {
    std::uint64_t frame = 0;
    double fps = 0;
    double speed = 0;
    std::int64_t out_time_us = 0;
    std::uint64_t dropped = 0;
    std::uint64_t duplicated = 0;
    bool operator==(const Progress&) const = default;
};

/// The program and all its descendants.
struct Usage {
    std::uint64_t cpu_ms = 0;  ///< since the start
    std::uint64_t rss_bytes = 0;
    bool operator==(const Usage&) const = default;
};

/// The newest of its lines that tells of an error, redacted.
struct Line {
    std::string text;
    bool operator==(const Line&) const = default;
};

/// Something that the program tells the world, of a type that programs may tell of.
struct Event {
    std::string type;
    std::string data;  ///< a JSON object of kMaxEvent bytes at most, without the type
    bool operator==(const Event&) const = default;
};

enum class EndReason : std::uint8_t {
    exited,           ///< by itself, with `code`
    signalled,        ///< by a signal that was not ours
    memory_limit,     ///< killed for it
    killed_by_us,     ///< by the signal that sluice-exec sent
    could_not_start,  ///< `line` says why
};

/// The last message: nothing of the program is left.
struct Ended {
    EndReason reason = EndReason::exited;
    std::int32_t code = 0;
    std::int32_t signal = 0;  ///< 0: it exited
    std::uint64_t cpu_ms = 0;
    std::uint64_t max_rss_bytes = 0;
    std::string line;  ///< the last that told of an error; where it failed, else the last of all
    bool operator==(const Ended&) const = default;
};

using Report = std::variant<Started, Progress, Usage, Line, Event, Ended>;

std::string_view name_of(EndReason reason);

/// What a program's line on channel::kEventsDescriptor tells: {"event": "motion.started", …}.
/// Nothing where it is no such object, too long, or of a type that is not a program's to tell of.
std::optional<Event> read_event(std::string_view line);
/// The same as the hub's ring takes it, of a channel's hook.
std::string event_text(const Event& event, std::string_view channel, std::string_view hook,
                       std::int64_t now_ms);

std::string encode(const Spec& spec);
std::string encode(Request request);
std::string encode(const Report& report);

/// Errc::malformed for what is no message of the kind, Errc::limit for values out of their bounds.
Result<Spec> decode_spec(std::string_view packet);
Result<Request> decode_request(std::string_view packet);
Result<Report> decode_report(std::string_view packet);

}  // namespace sluice::hook
