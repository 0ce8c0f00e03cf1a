#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "core/codec/description.hpp"
#include "process.hpp"

/// What lies in shared memory. Every field that two processes touch is atomic, or guarded by a
/// sequence lock that says so. Offsets instead of pointers: the zone may be mapped anywhere.
namespace sluice::hub {

inline constexpr std::uint64_t kMagic = 0x534c554943453031;  // "SLUICE01"
inline constexpr std::uint32_t kLayoutVersion = 4;
inline constexpr std::uint32_t kSlots = 64;  ///< worker slots: one bit each in a 64-bit mask
inline constexpr std::uint32_t kMaxStreams = 4096;
inline constexpr std::uint32_t kMinSessions = 256, kMaxSessions = 1 << 20;
inline constexpr std::uint32_t kSessionBucket = 16;  ///< their table is a whole number of these
inline constexpr std::size_t kMaxName = 112;         ///< `<id>` or `<id>/<rendition>`, bytes
inline constexpr std::size_t kConfigBytes =
    16384;  ///< metadata, video header, audio header: bytes each
inline constexpr std::size_t kEventBytes = 1008;

/// How a stream is watched. A viewer of the first three is a connection, which its worker's slot
/// counts; one of the others is a session of requests (viewer_sessions.hpp).
enum class Protocol : std::uint8_t { flv, ws_flv, rtmp, hls, cmaf_hls, dash };
inline constexpr std::size_t kConnectionProtocols = 3;
inline constexpr std::size_t kSessionProtocols = 3;
inline constexpr std::size_t kProtocols = kConnectionProtocols + kSessionProtocols;
/// What status and metrics call them.
inline constexpr std::array<const char*, kProtocols> kProtocolNames{"flv", "ws_flv",   "rtmp",
                                                                    "hls", "cmaf_hls", "dash"};

/// Where a stream stands. Packed into StreamRecord::current with its epoch, so that both change in
/// one compare-and-swap.
enum class State : std::uint8_t {
    idle,     ///< nobody publishes; viewers are turned away
    live,     ///< the epoch's writer is at work
    waiting,  ///< the publisher went away; viewers are kept until the reconnect window ends
};

/// One word that says which ring holds a stream now: epoch (40 bits), ring index (16), state (8).
struct Current {
    std::uint64_t epoch = 0;
    std::uint32_t ring = 0;
    State state = State::idle;

    static Current unpack(std::uint64_t word)
    {
        return {word >> 24, static_cast<std::uint32_t>(word >> 8 & 0xffff),
                static_cast<State>(word & 0xff)};
    }
    std::uint64_t pack() const
    {
        return epoch << 24 | std::uint64_t{ring} << 8 | static_cast<std::uint64_t>(state);
    }
};

/// One word that says until when a waiting stream is kept: the low 24 bits of its epoch, 40 bits of
/// monotonic ms. A deadline that was left by another epoch says nothing.
struct Deadline {
    std::uint64_t epoch = 0;
    std::int64_t until_ms = 0;

    static Deadline unpack(std::uint64_t word)
    {
        return {word >> 40, static_cast<std::int64_t>(word & 0xff'ffff'ffff)};
    }
    std::uint64_t pack() const
    {
        return epoch << 40 | (static_cast<std::uint64_t>(until_ms) & 0xff'ffff'ffff);
    }
    bool belongs_to(std::uint64_t other) const { return epoch == (other & 0xff'ffff); }
};

/// A tag in a ring. Written before head_seq is released; valid for a reader while its number is ≥
/// tail_seq.
struct Descriptor {
    std::uint64_t offset;      ///< absolute byte offset of the tag's first byte
    std::uint64_t arrival_us;  ///< monotonic clock at arrival
    std::int64_t dts_ms;       ///< normalised; the tag carries its low 32 bits
    std::uint32_t size;        ///< bytes: tag header, body, previous-tag-size
    std::uint8_t type;         ///< flv::TagType
    std::uint8_t flags;        ///< kKey, kConfig, kDiscontinuity
    std::uint16_t reserved;
};
static_assert(sizeof(Descriptor) == 32);

inline constexpr std::uint32_t kVideoTrack = 1;
inline constexpr std::uint32_t kAudioTrack = 2;

inline constexpr std::uint8_t kKey = 1;            ///< a decoder may start here
inline constexpr std::uint8_t kConfig = 2;         ///< metadata or codec header
inline constexpr std::uint8_t kDiscontinuity = 4;  ///< the publisher's clock jumped before this tag

/// What joins need before the first frame: complete FLV tags, guarded by RingHeader::config_lock.
struct ConfigTag {
    std::uint32_t size;
    std::uint8_t bytes[kConfigBytes];
};

/// Who publishes and what: guarded by RingHeader::info_lock.
struct PublishInfo {
    char address[64];
    bool secure;                   ///< came by RTMPS
    std::int64_t connected_at_ms;  ///< wall clock
    codec::VideoDescription video;
    codec::AudioDescription audio;
    float fps;
    std::uint32_t video_bps;
    std::uint32_t audio_bps;
    std::uint32_t gop_ms;
    float drift_ms;  ///< audio minus video in the encoder's clock, as they arrive; smoothed
};

/// One ring: the media of one epoch. Offsets and tag numbers never restart, not even when the ring
/// is reused by another epoch, so a reader that was overtaken always sees it by `tail_seq`.
struct alignas(64) RingHeader {
    std::uint64_t data_at;         ///< zone offset of `bytes` bytes
    std::uint64_t descriptors_at;  ///< zone offset of `descriptors` entries
    std::uint64_t bytes;
    std::uint32_t descriptors;
    std::uint32_t size_class;

    alignas(64) std::atomic<ProcessId> owner;  ///< 0: free
    std::atomic<std::uint32_t> owner_slot;
    std::atomic<std::uint64_t> epoch;
    std::atomic<std::uint64_t> released;  ///< stamp: the ring released longest ago is reused first
    std::atomic<std::uint32_t> linked;    ///< 1 when the fields below hold
    std::atomic<std::uint64_t> base_seq;  ///< first tag of this epoch
    std::atomic<std::uint64_t> run;  ///< first epoch of the run: epochs of one run share a timeline
    std::atomic<std::uint64_t>
        session;  ///< first epoch of the publish session: it keeps it when it moves to another ring
    std::atomic<std::uint64_t> prev_epoch;
    std::atomic<std::uint32_t> prev_ring;
    std::atomic<std::uint64_t> prev_limit;  ///< readers of prev_epoch drain up to this tag number …
    std::atomic<std::uint64_t> follow_seq;  ///< … and go on here

    alignas(64) std::atomic<std::uint64_t> tail_seq;  ///< oldest tag that is intact
    alignas(64) std::atomic<std::uint64_t> head_seq;  ///< tags committed; the one release point
    std::atomic<std::uint64_t> newest_key;            ///< tag number + 1; 0: none yet

    alignas(64) std::atomic<std::uint64_t> bytes_in;
    std::atomic<std::uint64_t> tags_in;
    std::atomic<std::uint32_t>
        tracks;  ///< kVideoTrack, kAudioTrack: what this epoch has shown so far
    std::atomic<std::uint32_t> config_lock;
    std::atomic<std::uint32_t> info_lock;
    // Monotonic clock at the newest frame of a kind; 0: none yet.
    std::atomic<std::uint64_t> video_us, audio_us;
    std::atomic<std::uint64_t> key_us;    ///< key frame of a video track; at first, its first frame
    std::atomic<std::uint64_t> sound_us;  ///< audio frame that is not coded silence; at first, when
                                          ///< the audio track was first heard of
    PublishInfo info;
    ConfigTag config[3];  ///< script, video, audio
};

/// A stream: outlives its publish sessions and their connections.
struct alignas(64) StreamRecord {
    std::atomic<std::uint64_t> tag;  ///< says which name the record is (name_tag.hpp)
    std::atomic<std::uint32_t> name_size;
    char name[kMaxName];

    alignas(64) std::atomic<std::uint64_t> current;
    std::atomic<std::uint64_t> deadline;      ///< Deadline; meaningful while waiting
    std::atomic<std::int64_t> started_at_ms;  ///< wall clock of the first epoch of this run
    std::atomic<std::uint64_t>
        end_request;                 ///< session << 8 | auth::Reason: that session is to end
    std::atomic<std::uint64_t> run;  ///< RingHeader::run of the current run
    std::atomic<std::int64_t>
        last_dts_ms;  ///< where the run's timeline stood when its last session ended; it only
    std::atomic<std::uint64_t>
        last_arrival_us;  ///< rises, and outlives the ring. -1, 0: nothing was sent yet
    std::atomic<std::int64_t> window_ms;   ///< how long it waits when its publisher's process dies
    std::atomic<std::uint64_t> last_used;  ///< stamp for reclaiming records

    alignas(64) std::atomic<std::uint64_t> readers;  ///< slots that hold viewers
    std::atomic<std::uint64_t> wakes;                ///< slots that want a wake-up at every tag
    std::atomic<std::uint64_t>
        window_wakes;  ///< slots that want one when the live window has something new
    std::atomic<std::uint64_t> skip_count, skip_tags, skip_ms, overruns;
    std::atomic<std::uint32_t> viewers[kSlots][kConnectionProtocols];
    std::atomic<std::uint32_t> sessions[kSessionProtocols];  ///< as count_sessions() found them
    std::atomic<std::uint64_t> bytes_out[kSlots];
};

/// One nginx worker of one generation.
struct alignas(64) WorkerSlot {
    std::atomic<ProcessId> owner;
    std::atomic<std::uint64_t> claimed;  ///< stamp: which worker came first
    std::atomic<std::uint64_t> config_generation;
    std::atomic<std::uint64_t> snapshot_generation;
    std::atomic<std::int64_t> heartbeat_ms;  ///< wall clock
    std::atomic<std::uint32_t> exiting;
    std::atomic<std::uint32_t> publishers;
    std::atomic<std::uint32_t> viewers;
    std::atomic<std::uint32_t> held;                 ///< requests that wait for a live window
    alignas(64) std::atomic<std::uint32_t> pending;  ///< 1: an eventfd write is on its way
    std::atomic<std::uint32_t> events_dirty;
    std::atomic<std::uint32_t> follows_events;  ///< has somebody who listens to the event ring
    std::atomic<std::uint64_t> dirty[kMaxStreams / 64];
};

/// One event: `stamp` = 2·seq+1 while it is written, 2·seq+2 when it is whole. Only who made it odd
/// may make it even.
struct EventSlot {
    std::atomic<std::uint64_t> stamp;
    std::uint32_t size;
    char text[kEventBytes];
};

/// One word that says what a session watches and until when it counts: 32 bits of time, the low 17
/// of the run, the stream's index (12), the protocol (3), which is never 0. A run is a rising
/// number: another one of the same stream is not taken for it.
struct Watched {
    /// In place of a protocol, while somebody takes the place: run and stream are then bits of the
    /// key that it is taken for.
    static constexpr Protocol kTaking{7};

    std::uint32_t until = 0;  ///< in steps of 64 ms; it may wrap
    std::uint32_t run = 0;
    std::uint32_t stream = 0;
    Protocol protocol = Protocol::flv;

    static Watched unpack(std::uint64_t word)
    {
        return {static_cast<std::uint32_t>(word >> 32),
                static_cast<std::uint32_t>(word >> 15 & 0x1ffff),
                static_cast<std::uint32_t>(word >> 3 & 0xfff), static_cast<Protocol>(word & 7)};
    }
    std::uint64_t pack() const
    {
        return std::uint64_t{until} << 32 | std::uint64_t{run} << 15 | std::uint64_t{stream} << 3 |
               static_cast<std::uint64_t>(protocol);
    }
};

/// A viewer of a protocol that has requests and no connection.
struct SessionEntry {
    std::atomic<std::uint64_t> key;      ///< hash of what is watched and of who the viewer is
    std::atomic<std::uint64_t> watched;  ///< Watched; 0: free
};
static_assert(sizeof(SessionEntry) == 16);

/// What was counted in records and rings that serve others since. With what those of now hold it is
/// a sum that only rises.
struct Past {
    std::atomic<std::uint64_t> bytes_in, bytes_out, skip_count, skip_tags, skip_ms, overruns;
};

struct ZoneHeader {
    std::atomic<std::uint64_t> magic;  ///< released last
    std::uint32_t layout_version;
    std::uint32_t streams, rings, events, sessions;
    std::uint64_t zone_bytes;
    std::uint64_t boot;  ///< random: tells one life of the zone from another
    std::uint64_t hash_key[2];
    std::uint64_t slots_at, streams_at, rings_at, events_at, sessions_at;
    std::int32_t wake_fd[kSlots];    ///< eventfds, made by the glue before the first fork
    std::atomic<ProcessId> creator;  ///< who makes or reclaims a stream record now; 0: nobody
    alignas(64) Past past;
    alignas(64) std::atomic<std::uint64_t> next_epoch;
    std::atomic<std::uint64_t> stamp;
    alignas(64) std::atomic<std::uint64_t> event_head;
    alignas(64) std::atomic<std::int64_t> sessions_counted_ms;  ///< monotonic: the last round
    std::atomic<std::uint32_t> sessions_used;                   ///< as count_sessions() found them
    std::atomic<std::uint64_t> sessions_dropped;  ///< requests for which there was no place
};

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace sluice::hub
