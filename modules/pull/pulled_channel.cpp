#include "pulled_channel.hpp"

#include <algorithm>

#include "core/hub/keyed_hash.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

// As long as that a process may be down before viewers are told to wait.
constexpr std::int64_t kLostForMs = 2'000;
constexpr std::int64_t kClaimEveryMs = 1'000;
// The workers share the channels: who it is not meant for leaves it to the others so long.
constexpr std::int64_t kOthersFirstMs = 1'500;

struct Place {
    std::uint32_t rank = 0;   ///< of this worker among those that stay
    std::uint32_t count = 0;  ///< of them
};

Place own_place()
{
    Place place;
    for (std::uint32_t i = 0; i < hub::kSlots; ++i) {
        const auto& slot = worker()->zone.slot(i);
        if (slot.owner.load() == 0 || slot.exiting.load() != 0) continue;
        if (i < worker()->slot) ++place.rank;
        ++place.count;
    }
    return place;
}

bool is_meant_for_us(const std::string& id)
{
    const auto place = own_place();
    const auto hash = hub::keyed_hash(id, worker()->zone.header().hash_key);
    return place.count == 0 || hash % place.count == place.rank;
}

}  // namespace

PulledChannel::PulledChannel(std::string id)
    : id_(std::move(id)), process_(*this, HookSet::Runs::pull)
{
    if (!is_meant_for_us(id_)) begin_after_ms_ = mono_ms() + kOthersFirstMs;
}

PulledChannel::~PulledChannel()
{
    process_.end();
}

void PulledChannel::tick(std::int64_t now_ms)
{
    follow_channel(now_ms);
    look_at_broadcast(now_ms);
}

/// What the channel says, read once for each snapshot.
void PulledChannel::follow_channel(std::int64_t now_ms)
{
    if (channels() == nullptr) return;
    if (known_ != channels()->generation()) {
        const auto found = channels()->find(id_);
        auto hooks = channels()->find_hooks(id_);
        if (!found || !hooks) return;  // a record that can't be read changes nothing
        known_ = channels()->generation();
        over_ = !*found || std::ranges::none_of(*hooks, &channel::Hook::pulls);
        if (over_) return end(*found ? auth::Reason::unpublished : auth::Reason::deleted);
        const auto& channel = **found;
        expires_at_s_ = channel.enabled ? channel.expires_at_s : 1;
        settings_ = {.packaging = package_settings(
                         {.outputs = channel.outputs, .packaging = channel.packaging}),
                     .window_ms = channel.ingest.reconnect_window_ms,
                     .hooks = std::move(*hooks)};
    }
    const bool expired = expires_at_s_ != 0 && ngx_time() >= expires_at_s_;
    if (expired) return end(expires_at_s_ == 1 ? auth::Reason::disabled : auth::Reason::expired);
    if (now_ms < begin_after_ms_ || (ngx_exiting && !at_work())) return;
    process_.apply(settings_.hooks);
}

void PulledChannel::look_at_broadcast(std::int64_t now_ms)
{
    if (!broadcast_) return;
    if (const auto reason = broadcast_->ended_in_the_hub()) {
        // Who asked for the end gets a new connection; who took over stays.
        next_claim_ms_ = now_ms + kClaimEveryMs;
        broadcast_->set_reason(*reason);
        broadcast_.reset();
        return;
    }
    if (lost_ms_ && now_ms - *lost_ms_ >= kLostForMs) {
        broadcast_.reset();
        return;
    }
    broadcast_->apply(settings_);
}

void PulledChannel::end(auth::Reason reason)
{
    process_.end();
    if (broadcast_) broadcast_->set_reason(reason);
    broadcast_.reset();
}

void PulledChannel::hand_over()
{
    if (at_work()) end(auth::Reason::shutdown);
}

/// Claims the channel's stream, unless an encoder has it: who pushes was not asked to be pulled.
bool PulledChannel::begin()
{
    const auto now = mono_ms();
    if (now < next_claim_ms_) return false;
    next_claim_ms_ = now + kClaimEveryMs;
    auto* stream = hub::open_stream(worker()->zone, id_);
    if (stream == nullptr) return false;
    constexpr bool may_replace = false;
    const auto claim = hub::claim_stream(worker()->zone, *stream, id_, worker()->self,
                                         worker()->slot, may_replace, wall_ms());
    if (claim.result == hub::Claimed::duplicate || claim.result == hub::Claimed::full) return false;
    broadcast_ = std::make_unique<Broadcast>(id_, claim, Origin{.address = "pull"});
    broadcast_->apply(settings_);
    const auto now_us = mono_us();
    headers_.each([&](const ingest::Message& header) { (void)broadcast_->take(header, now_us); });
    return true;
}

void PulledChannel::take_programme(const ingest::Message& message, const hook::Moment& moment)
{
    lost_ms_.reset();
    if (moment.header) headers_.keep(message);
    // One that begins in the middle of the process's life needs a key frame.
    const bool may_begin = !moment.header && (moment.key || !headers_.has(flv::TagType::video));
    if (!broadcast_ && (!may_begin || !begin())) return;
    if (!broadcast_->current()) return;
    auto timed = message;
    timed.timestamp_ms = static_cast<std::uint32_t>(moment.dts_ms);
    (void)broadcast_->take(timed, moment.mono_us);
}

void PulledChannel::programme_lost(bool)
{
    headers_.clear();
    if (!lost_ms_) lost_ms_ = mono_ms();
}

}  // namespace sluice::ngx
