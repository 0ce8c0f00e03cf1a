#include "broadcast.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/channel/stream_name.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

using hook::Source;

constexpr std::array kHeaderTypes{flv::TagType::script, flv::TagType::video, flv::TagType::audio};

// What was asked for may take so long; then nothing is seen until it is there.
constexpr std::int64_t kFirstMarkMs = 10'000;
// A stream without a picture is one of sound.
constexpr std::int64_t kNoPictureMs = 2'000;

/// The body of an FLV tag.
std::span<const std::uint8_t> body_of(const hub::ConfigTag& tag)
{
    constexpr auto kAround = flv::kTagHeaderSize + flv::kPreviousTagSize;
    if (tag.size <= kAround) return {};
    return std::span(tag.bytes).subspan(flv::kTagHeaderSize, tag.size - kAround);
}

/// Calls `give(message)` for each header that the stream has by now.
template <class Give>
void each_header(const hub::StreamRecord& stream, Give&& give)
{
    const auto* ring = hub::current_ring(worker()->zone, stream);
    if (ring == nullptr) return;
    for (std::size_t kind = 0; kind < kHeaderTypes.size(); ++kind) {
        const std::array<std::span<const std::uint8_t>, 1> pieces{body_of(ring->config[kind])};
        if (pieces[0].empty()) continue;
        give(ingest::Message{
            .type = kHeaderTypes.at(kind), .pieces = pieces, .size = pieces[0].size()});
    }
}

}  // namespace

Broadcast::Broadcast(std::string id, const hub::Claim& claim, Origin origin)
    : origin_(std::move(origin)),
      programme_(std::move(id), claim),
      hooks_(*this, HookSet::Runs::beside)
{
    programme_.publication().introduce(origin_.address, origin_.secure, wall_ms());
    keep_worker();
    worker()->slot_record().publishers.fetch_add(1);
    worker()->poke(claim.poke);
    announce(claim);
}

void Broadcast::announce(const hub::Claim& claim)
{
    const auto& id = channel();
    const bool resumed = claim.result != hub::Claimed::fresh;
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0,
                  "sluice ingest: \"%s\" is published%s, client: %s", id.c_str(),
                  resumed ? ", continued" : "", origin_.address.c_str());
    if (claim.ended) {
        raise("stream.stopped", id,
              {{"reason", to_string(*claim.ended)}, {"address", claim.ended_address}});
    }
    raise("stream.started", id, {{"address", origin_.address}, {"resumed", resumed}});
}

Broadcast::~Broadcast()
{
    worker()->slot_record().publishers.fetch_sub(1);
    hooks_.end();
    for (auto& [name, rendition] : renditions_) rendition->apply(packaging_, window_at_the_end());
    if (input_) worker()->poke(input_->release(window_at_the_end()).poke);
    const auto released = programme_.release(window_at_the_end());
    const auto why = to_string(reason_);
    // Before anybody is woken: another one may start at once.
    if (released.ended) {
        raise("stream.stopped", channel(), {{"reason", why}, {"address", origin_.address}});
    }
    worker()->poke(released.poke);
    ngx_log_error(NGX_LOG_NOTICE, ngx_cycle->log, 0, "sluice ingest: \"%s\" ended: %*s, client: %s",
                  channel().c_str(), why.size(), why.data(), origin_.address.c_str());
}

/// How long viewers are kept: not at all when the channel itself came to its end.
std::int64_t Broadcast::window_at_the_end() const
{
    switch (reason_) {
        case auth::Reason::deleted:
        case auth::Reason::disabled:
        case auth::Reason::expired:
            return 0;
        default:
            return window_ms_;
    }
}

void Broadcast::apply(const BroadcastSettings& settings)
{
    window_ms_ = settings.window_ms;
    packaging_ = settings.packaging;
    programme_.apply(packaging_, window_ms_);
    if (input_) input_->apply({}, window_ms_);
    const auto marking =
        std::ranges::find_if(settings.hooks, [](const auto& hook) { return hook.marks(); });
    mark(marking == settings.hooks.end() ? nullptr : &*marking);
    drop_renditions(settings.hooks);
    for (auto& [name, rendition] : renditions_) {
        rendition->apply(packaging_, window_ms_);
        rendition->note_absence();
    }
    hooks_.apply(settings.hooks);
}

/// Those that nobody is to make any more.
void Broadcast::drop_renditions(const std::vector<channel::Hook>& hooks)
{
    std::erase_if(renditions_, [&](const auto& entry) {
        const bool wanted = std::ranges::any_of(hooks, [&](const channel::Hook& hook) {
            return std::ranges::any_of(
                hook.outputs, [&](const auto& output) { return output.name == entry.first; });
        });
        if (!wanted) entry.second->apply(packaging_, 0);
        return !wanted;
    });
}

std::shared_ptr<Rendition> Broadcast::rendition(const std::string& name)
{
    auto& rendition = renditions_[name];
    if (rendition) return rendition;
    rendition =
        std::make_shared<Rendition>(std::string(channel::StreamName(channel(), name)), stream());
    rendition->apply(packaging_, window_ms_);
    return rendition;
}

/// The input leaves the programme's stream for one of its own, or comes back to it.
void Broadcast::mark(const channel::Hook* hook)
{
    if (hook == nullptr) {
        refused_ = false;
        if (!input_ || unmarking_) return;
        unmarking_ = true;
        switch_.lost(Source::marked);  // its process ends with this
        switch_.want(Source::input);
        return;
    }
    show_input_ = hook->show_input;
    if (std::exchange(unmarking_, false) && !show_input_ && !switch_.shown())
        switch_.want(std::nullopt);
    if (!input_) begin_input();
    refused_ = !input_ && !show_input_;
    hold_unmarked();
}

/// Who sees the input already sees it until the first marked picture is there, but not for long.
void Broadcast::hold_unmarked()
{
    if (switch_.shown() != Source::input || show_input_ || sound_alone_) return;
    const auto* ring = hub::current_ring(worker()->zone, stream());
    const bool seen = ring != nullptr && ring->newest_key.load() != 0;
    const bool too_long = mono_ms() - marked_since_ms_ >= kFirstMarkMs;
    if (!seen || has_marked_ || too_long) switch_.want(std::nullopt);
}

void Broadcast::begin_input()
{
    marked_since_ms_ = mono_ms();
    input_ = publish_own_stream(channel() + "/raw");
    if (!input_) {
        ngx_log_error(NGX_LOG_ERR, ngx_cycle->log, 0,
                      "sluice ingest: \"%s\": the hub has no place for the input behind the mark",
                      channel().c_str());
        return;
    }
    input_->publication().introduce(origin_.address, origin_.secure, wall_ms());
    input_->publication().continue_clock(programme_.publication().clock());
    input_->apply({}, window_ms_);
    const auto now_us = mono_us();
    each_header(stream(), [&](const ingest::Message& header) {
        (void)input_->take(header, now_us);  // it was taken once already
    });
}

void Broadcast::end_input()
{
    programme_.publication().continue_clock(input_->publication().clock());
    worker()->poke(input_->release(0).poke);
    input_.reset();
    unmarking_ = has_marked_ = sound_alone_ = false;
    marked_headers_.clear();
    hooks_.stream_moved();
}

Result<ingest::Accepted> Broadcast::take(const ingest::Message& message, std::uint64_t mono_us)
{
    if (refused_) return ingest::Accepted{};
    if (!input_) {
        auto accepted = programme_.take(message, mono_us);
        if (accepted && accepted->header) hooks_.headers_changed();
        return accepted;
    }
    const auto accepted = input_->take(message, mono_us);
    if (!accepted) return accepted;
    look_for_picture(message);
    const bool video = message.type == flv::TagType::video;
    if (accepted->header) {
        // The mark's process has no metadata of its own.
        if (message.type == flv::TagType::script) marked_headers_.keep(message);
        if (switch_.shown() == Source::input)
            (void)programme_.take_at(message, accepted->dts_ms, mono_us);
        return accepted;
    }
    const bool key = accepted->key && (video || sound_alone_);
    show(message, {Source::input, video || sound_alone_, key, accepted->dts_ms}, mono_us);
    if (unmarking_ && switch_.shown() == Source::input) end_input();
    return accepted;
}

void Broadcast::show(const ingest::Message& message, const hook::ProgrammeSwitch::Frame& frame,
                     std::uint64_t mono_us)
{
    const bool was_shown = switch_.shown() == frame.from;
    if (!switch_.passes(frame)) return;
    if (!was_shown) {
        show_headers(frame.from, frame.dts_ms, mono_us);
        hooks_.headers_changed();
    }
    (void)programme_.take_at(message, frame.dts_ms, mono_us);
}

void Broadcast::show_headers(Source source, std::int64_t dts_ms, std::uint64_t mono_us)
{
    const auto give = [&](const ingest::Message& header) {
        (void)programme_.take_at(header, dts_ms, mono_us);
    };
    if (source == Source::input) return each_header(input_->stream(), give);
    marked_headers_.each(give);
}

/// Sound that comes without a picture has nothing that could be marked: it is heard.
void Broadcast::look_for_picture(const ingest::Message& message)
{
    if (message.type == flv::TagType::script) return;
    const auto* ring = hub::current_ring(worker()->zone, input_->stream());
    const bool picture = ring != nullptr && (ring->tracks.load() & hub::kVideoTrack) != 0;
    if (picture && sound_alone_ && !show_input_) switch_.want(std::nullopt);
    if (picture) sound_alone_ = false;
    if (picture || sound_alone_ || mono_ms() - marked_since_ms_ < kNoPictureMs) return;
    sound_alone_ = true;
    switch_.want(Source::input);
}

void Broadcast::take_programme(const ingest::Message& message, const hook::Moment& moment)
{
    if (!input_ || unmarking_ || sound_alone_) return;
    if (moment.header) {
        marked_headers_.keep(message);
        if (switch_.shown() == Source::marked)
            (void)programme_.take_at(message, moment.dts_ms, moment.mono_us);
        return;
    }
    if (switch_.wanted() != Source::marked) switch_.want(Source::marked);
    const bool video = message.type == flv::TagType::video;
    show(message, {Source::marked, video, moment.key, moment.dts_ms}, moment.mono_us);
    has_marked_ = has_marked_ || switch_.shown() == Source::marked;
}

void Broadcast::programme_lost(bool replaced)
{
    if (!input_) return;
    switch_.lost(Source::marked);
    if (replaced && !unmarking_) return;
    if (show_input_ || unmarking_ || sound_alone_) {
        switch_.want(Source::input);
    } else {
        switch_.want(std::nullopt);
    }
}

void Broadcast::drop_rendition(const std::string& name)
{
    // An earlier broadcast may have left it to its viewers, too.
    const channel::StreamName address(channel(), name);
    const auto* left = hub::find_stream(worker()->zone, address);
    const bool there =
        left != nullptr && hub::Current::unpack(left->current.load()).state != hub::State::idle;
    if (there) rendition(name)->apply(packaging_, 0);
    renditions_.erase(name);
}

hub::StreamRecord* Broadcast::stream_for(channel::Feed feed)
{
    if (feed == channel::Feed::none) return nullptr;
    return feed == channel::Feed::input && input_ ? &input_->stream() : &programme_.stream();
}

std::optional<auth::Reason> Broadcast::ended_in_the_hub()
{
    if (!programme_.current()) return auth::Reason::replaced;
    return hub::end_requested(programme_.publication().writer());
}

}  // namespace sluice::ngx
