#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/hub/layout.hpp"
#include "core/hub/process.hpp"
#include "core/hub/seqlock.hpp"

/// What runs beside streams, for all workers to see: one place in shared memory for each hook.
namespace sluice::hook {

enum class State : std::uint8_t {
    queued,    ///< what it may use does not fit beside what the others may
    starting,  ///< its process is there, nothing went through it yet
    running,
    waiting,  ///< ended, to be started again
    failing,  ///< the same, many times in a row: tries are far apart
    ending,   ///< its stream is over, or it is to be another one
};
inline constexpr std::string_view kStateNames[] = {"queued",  "starting", "running",
                                                   "waiting", "failing",  "ending"};

/// Guarded by Record::lock. Texts end with a zero.
struct Facts {
    char channel[hub::kMaxName];
    char name[64];
    char reason[64];  ///< why it is not running; empty when it is
    char line[256];   ///< the last thing it complained of, without secrets
    State state;
    std::int32_t pid;                    ///< of the program; 0: there is none
    std::int32_t exit_code;              ///< of its last end; −1: none yet, or by a signal
    std::int32_t exit_signal;            ///< 0: none
    std::uint32_t starts;                ///< of its process, since its stream began
    std::uint32_t failures;              ///< in a row
    std::int64_t since_ms;               ///< wall clock: in this state
    std::int64_t next_start_ms;          ///< wall clock; 0: none is planned
    std::uint32_t cpu_units, memory_mb;  ///< what it may use
    std::uint64_t cpu_ms;                ///< used by all its processes
    std::uint32_t cpu_permille;          ///< of a core, in the last seconds
    std::uint64_t rss_bytes;
    float fps, speed;      ///< as it says itself; 0: it doesn't
    std::uint64_t frames;  ///< likewise
    std::uint64_t fed_bytes, fed_frames;
    std::uint64_t skips, skipped_ms;  ///< it could not keep up: jumps to a key frame
    std::uint64_t returned_bytes, returned_frames;
    std::uint32_t outputs;  ///< that it makes now
};

struct alignas(64) Record {
    std::atomic<hub::ProcessId> owner;    ///< the worker; 0: free
    std::atomic<std::uint64_t> reserved;  ///< cpu units << 32 | megabytes: counts for the budget
    std::atomic<std::uint32_t> lock;
    Facts facts;
};

/// What a node may give to all hooks together; 0: not bounded.
struct Budget {
    std::uint32_t cpu_units = 0;
    std::uint32_t memory_mb = 0;
};

/// What of the budget is taken.
struct Taken {
    std::uint64_t cpu_units = 0;
    std::uint64_t memory_mb = 0;
};

struct TableHeader {
    std::atomic<hub::ProcessId> reserving;               ///< who looks whether something fits
    std::atomic<std::uint64_t> starts, failures, skips;  ///< of all hooks there ever were
    std::atomic<std::uint64_t> budget;                   ///< as Record::reserved
};

/// Plain, zeroed memory in. Cheap to copy, owns nothing.
class Table {
public:
    Table() = default;
    /// `memory`: at least bytes_for(records), zeroed once, aligned to 64.
    Table(std::span<std::byte> memory, std::uint32_t records);

    static std::size_t bytes_for(std::uint32_t records);

    explicit operator bool() const { return records_ != nullptr; }
    TableHeader& header() const { return *header_; }

    /// A free place, or that of a dead worker; nullptr when all are in use.
    Record* claim(hub::ProcessId self, std::string_view channel, std::string_view name) const;
    /// The same, unless a living worker has one of this channel and name: of all workers one gets
    /// it.
    Record* claim_sole(hub::ProcessId self, std::string_view channel, std::string_view name) const;
    static void release(Record& record);

    /// From now on, for the workers of every generation: one that only finishes its streams would
    /// otherwise go on with the budget that it began with.
    void set_budget(const Budget& budget) const;
    Budget budget() const;

    /// Takes what the record's hook may use off the budget; false when it doesn't fit now. A hook
    /// that is larger than the whole budget may have all of it.
    bool reserve(Record& record, std::uint32_t cpu_units, std::uint32_t memory_mb) const;
    static void give_back(Record& record) { record.reserved.store(0); }
    Taken taken() const;

    /// Every hook of a living worker: `visit(const Facts&, hub::ProcessId owner)`.
    template <class Visit>
    void each(Visit&& visit) const
    {
        hub::Lives lives;
        for (std::uint32_t i = 0; i < count_; ++i) {
            const auto& record = records_[i];
            const auto owner = record.owner.load(std::memory_order_acquire);
            if (owner == 0 || !lives.alive(owner)) continue;
            Facts facts;
            if (hub::seq_read(record.lock, [&] { facts = record.facts; })) visit(facts, owner);
        }
    }

private:
    bool is_held(std::string_view channel, std::string_view name) const;

    TableHeader* header_ = nullptr;
    Record* records_ = nullptr;
    std::uint32_t count_ = 0;
};

/// Copies as much of `text` as fits, with a zero behind it.
void put_text(std::span<char> to, std::string_view text);

}  // namespace sluice::hook
