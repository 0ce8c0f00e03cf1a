#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/channel/hook.hpp"
#include "core/hook/programme_switch.hpp"
#include "modules/exec/hook_host.hpp"
#include "modules/exec/hook_set.hpp"
#include "modules/exec/rendition.hpp"
#include "published_stream.hpp"
#include "stream_headers.hpp"

namespace sluice::ngx {

/// What a channel wants of its stream while it is on air.
struct BroadcastSettings {
    package::PackageSettings packaging;
    std::int64_t window_ms = 0;  ///< how long viewers wait for a publisher that comes back
    std::vector<channel::Hook> hooks;
};

/// Who publishes.
struct Origin {
    std::string address;
    bool secure = false;
};

/// A channel on air from this worker, whoever brings its media: the programme that viewers see, the
/// input behind it where the picture is marked, and the processes beside both.
class Broadcast final : public HookHost {
public:
    Broadcast(std::string id, const hub::Claim& claim, Origin origin);
    Broadcast(const Broadcast&) = delete;
    Broadcast& operator=(const Broadcast&) = delete;
    /// Off the air, for the reason that was set; its viewers wait.
    ~Broadcast();

    /// Follows the channel: changes what is different. To be called twice a second all the same.
    void apply(const BroadcastSettings& settings);

    /// A message of the input. Errors as those of Publication.
    Result<ingest::Accepted> take(const ingest::Message& message, std::uint64_t mono_us);

    /// False once another publisher took over.
    bool current() { return programme_.current(); }

    /// Why it is over, as far as the hub knows: another one took over, or somebody asked for it.
    std::optional<auth::Reason> ended_in_the_hub();

    /// Why it ends; `disconnected` when nobody says.
    void set_reason(auth::Reason reason) { reason_ = reason; }

    const hub::StreamRecord& stream() const { return programme_.stream(); }

    // HookHost
    const std::string& channel() const override { return programme_.name(); }
    hub::StreamRecord* stream_for(channel::Feed feed) override;
    std::shared_ptr<Rendition> rendition(const std::string& name) override;
    void take_programme(const ingest::Message& message, const hook::Moment& moment) override;
    void drop_rendition(const std::string& name) override;
    void programme_lost(bool replaced) override;

private:
    void announce(const hub::Claim& claim);
    void mark(const channel::Hook* hook);
    void drop_renditions(const std::vector<channel::Hook>& hooks);
    void begin_input();
    void hold_unmarked();
    void look_for_picture(const ingest::Message& message);
    void end_input();
    void show(const ingest::Message& message, const hook::ProgrammeSwitch::Frame& frame,
              std::uint64_t mono_us);
    void show_headers(hook::Source source, std::int64_t dts_ms, std::uint64_t mono_us);
    std::int64_t window_at_the_end() const;

    Origin origin_;
    auth::Reason reason_ = auth::Reason::disconnected;
    std::int64_t window_ms_ = 0;
    package::PackageSettings packaging_;
    PublishedStream programme_;
    std::unique_ptr<PublishedStream> input_;  ///< `<id>/raw`; nullptr: it is the programme
    hook::ProgrammeSwitch switch_{hook::Source::input};
    bool show_input_ = false;  ///< while the marked picture is lost
    bool unmarking_ = false;   ///< the input is to be the programme again
    StreamHeaders marked_headers_;
    std::int64_t marked_since_ms_ = 0;  ///< monotonic: when a mark was asked for
    bool refused_ = false;              ///< there is no place for the input: nothing may be seen
    bool sound_alone_ = false;          ///< the input has no picture that could be marked
    bool has_marked_ = false;           ///< the marked picture was seen
    std::map<std::string, std::shared_ptr<Rendition>, std::less<>> renditions_;
    HookSet hooks_;
};

}  // namespace sluice::ngx
