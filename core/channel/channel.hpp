#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/auth/address.hpp"
#include "core/base/result.hpp"
#include "hook.hpp"

namespace sluice::channel {

enum class Auth : std::uint8_t { open, signature };
enum class OnDuplicate : std::uint8_t { reject, replace };

/// A callback is asked before somebody may start; this holds when nobody answers.
struct Authorise {
    std::uint32_t timeout_ms = 2000;
    bool allow_on_failure = false;

    bool operator==(const Authorise&) const = default;
};

struct Ingest {
    Auth auth = Auth::signature;
    std::string key;  ///< secret: never in logs
    OnDuplicate on_duplicate = OnDuplicate::reject;
    std::vector<auth::Cidr> allow_ips;  ///< empty: everybody
    std::uint32_t reconnect_window_ms = 10000;
    std::optional<Authorise> authorise{};  ///< nothing: nobody is asked

    bool operator==(const Ingest&) const = default;
};

struct Outputs {
    bool flv = true;
    bool hls = true;
    bool cmaf = true;
    bool rtmp = true;

    bool operator==(const Outputs&) const = default;
};

struct Packaging {
    std::uint32_t segment_ms = 2000;
    std::uint32_t part_ms = 200;
    std::uint32_t list_size = 6;
    std::uint32_t dvr_window_s = 0;  ///< 0: no time-shift

    bool operator==(const Packaging&) const = default;
};

struct Playback {
    Auth auth = Auth::open;
    std::string key;                          ///< secret: signs viewers' URLs
    std::vector<std::string> allow_referers;  ///< see referer_allowed(); empty: any
    std::vector<std::string> allow_origins;   ///< see origin_allowed(); empty: any
    std::vector<auth::Cidr> allow_ips;        ///< empty: everybody
    std::uint32_t max_viewers = 0;            ///< 0: no limit
    std::optional<Authorise> authorise{};     ///< nothing: nobody is asked

    bool operator==(const Playback&) const = default;
};

/// What nginx needs to know of a channel: one record of the channels snapshot. The control plane
/// compiles it from its own, larger document.
struct Channel {
    std::string id;
    std::uint64_t version = 0;
    bool enabled = true;
    std::int64_t expires_at_s = 0;  ///< seconds since 1970; 0: never
    Ingest ingest;
    Outputs outputs;
    Packaging packaging;
    Playback playback;

    bool operator==(const Channel&) const = default;
};

/// The record's bytes (FlatBuffers, channel.fbs). Hooks lie apart in it: most who look a channel up
/// have no use for them, see decode_hooks().
std::vector<std::uint8_t> encode(const Channel& channel, std::span<const Hook> hooks = {});

/// Reads what encode() wrote, of this or an earlier version. The bytes may have any alignment and
/// come from anywhere: what is not a whole, valid record is Errc::malformed.
Result<Channel> decode(std::span<const std::uint8_t> bytes);

}  // namespace sluice::channel
