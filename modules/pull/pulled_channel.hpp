#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "modules/exec/hook_host.hpp"
#include "modules/exec/hook_set.hpp"
#include "modules/ingest/broadcast.hpp"
#include "modules/ingest/stream_headers.hpp"

namespace sluice::ngx {

/// A channel whose stream a process fetches. Every worker has one of it; the process runs in one.
class PulledChannel final : public HookHost {
public:
    explicit PulledChannel(std::string id);
    PulledChannel(const PulledChannel&) = delete;
    PulledChannel& operator=(const PulledChannel&) = delete;
    ~PulledChannel();

    /// Twice a second, and after every snapshot.
    void tick(std::int64_t now_ms);

    /// Ends what this worker has of it, for another one to go on.
    void hand_over();

    /// Whether the channel wants to be pulled no more.
    bool over() const { return over_; }
    /// Whether this worker is the one.
    bool at_work() const { return process_.has_place() || broadcast_ != nullptr; }

    // HookHost
    const std::string& channel() const override { return id_; }
    hub::StreamRecord* stream_for(channel::Feed) override { return nullptr; }
    std::shared_ptr<Rendition> rendition(const std::string&) override { return nullptr; }
    void take_programme(const ingest::Message& message, const hook::Moment& moment) override;
    void drop_rendition(const std::string&) override {}
    void programme_lost(bool replaced) override;

private:
    void follow_channel(std::int64_t now_ms);
    void look_at_broadcast(std::int64_t now_ms);
    bool begin();
    void end(auth::Reason reason);

    std::string id_;
    std::uint64_t known_ = 0;  ///< snapshot that the settings are of
    std::int64_t expires_at_s_ = 0;
    bool over_ = false;
    BroadcastSettings settings_;
    std::int64_t begin_after_ms_ = 0;      ///< the others have the first chance until then
    std::int64_t next_claim_ms_ = 0;       ///< somebody else publishes: asked again then
    StreamHeaders headers_;                ///< that the process gave last
    std::optional<std::int64_t> lost_ms_;  ///< since when the process is down, monotonic
    std::unique_ptr<Broadcast> broadcast_;
    HookSet process_;
};

}  // namespace sluice::ngx
