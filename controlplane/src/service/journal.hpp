#pragma once

#include <chrono>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "../store/store.hpp"
#include "event.hpp"

namespace sluice::control {

/// The durable record of events. A document in it:
///
///     {"id": "5f3a09c2-17", "number": 17, "seq": 3, "type": "channel.updated", "channel": "demo",
///      "ts_ms": 1766000000000, "source": "control", "data": {…}}
///
/// `source` is `nginx` for what came through its event ring. `number` counts all events of this
/// installation, `seq` those of the channel (or, with a null channel, those of none); neither has
/// gaps. `id` never repeats, not even when a backup is put back: its first part changes then.
class Journal {
public:
    /// Reads the installation's id, or makes one.
    static Result<Journal> open(store::Store& store);

    /// To be put into the transaction of the change that the event tells of, so that there is
    /// never one without the other.
    store::Operation entry(const Event& event) const;

    /// For an event without such a change.
    Result<void> record(const Event& event) const;

    /// Names this installation; another one after a backup was put back.
    const std::string& installation() const { return installation_; }

    /// The documents with a number above `after`, oldest first.
    Result<nlohmann::json> after(std::uint64_t after, std::size_t limit) const;

    /// The document of one event, as text; nothing when it is not kept.
    Result<std::optional<std::string>> text(std::uint64_t number) const;

    /// For an event that is not in the journal: a document like those in it, without numbers.
    nlohmann::json apart(const Event& event) const;

    /// Number of the newest event ever; 0 before the first.
    Result<std::uint64_t> newest() const;

    /// Number of the oldest event that is kept; one above the newest when there is none.
    Result<std::uint64_t> oldest() const;

    /// Waits up to `wait` for events after the state `seen` of the store, which it moves on.
    void wait(store::Revision& seen, std::chrono::milliseconds wait) const;

private:
    Journal(store::Store& store, std::string installation)
        : store_(store), installation_(std::move(installation))
    {}

    store::Store& store_;
    std::string installation_;
};

}  // namespace sluice::control
