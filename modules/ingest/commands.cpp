#include "commands.hpp"

#include <optional>
#include <string>

#include "conf.hpp"
#include "core/auth/channel_id.hpp"
#include "core/channel/stream_name.hpp"
#include "core/hub/hub.hpp"
#include "held_command.hpp"
#include "input_limits.hpp"
#include "modules/common/guard.hpp"
#include "modules/hub/audience.hpp"
#include "modules/hub/worker.hpp"
#include "player.hpp"
#include "publisher.hpp"
#include "refusal.hpp"

namespace sluice::ngx {
namespace {

// A silent publisher whose signature's holder is back may be replaced at once, long before it is
// found idle.
constexpr std::uint64_t kStaleUs = 1'500'000;

ngx_rtmp_publish_pt next_publish;
ngx_rtmp_play_pt next_play;
ngx_rtmp_close_stream_pt next_close_stream;

template <std::size_t N>
std::string_view text_of(const u_char (&field)[N])
{
    const auto* chars = reinterpret_cast<const char*>(field);
    return {chars, strnlen(chars, N)};
}

/// When the stream's newest tag came; nothing before its first.
std::optional<std::uint64_t> last_arrival_us(const hub::StreamRecord& stream)
{
    const auto* ring = hub::current_ring(worker()->zone, stream);
    if (ring == nullptr) return std::nullopt;
    const auto head = ring->head_seq.load();
    if (head == ring->base_seq.load()) return std::nullopt;
    return worker()->zone.descriptor(*ring, head - 1).arrival_us;
}

/// Whether the stream's publisher has sent nothing for so long that its network is probably gone.
/// What he sends is the input behind a watermark, where there is one.
bool is_stale(const hub::StreamRecord& stream)
{
    const auto* input =
        hub::find_stream(worker()->zone, channel::StreamName(hub::name_of(stream), "raw"));
    const bool marked = input != nullptr && hub::has_publisher(worker()->zone, *input);
    const auto last = last_arrival_us(marked ? *input : stream);
    return last && mono_us() > *last + kStaleUs;
}

/// Only where nothing is ours: elsewhere anybody could shed the limits with a command that nobody
/// answers.
void give_away(const IngestConf* conf, RtmpSession* session)
{
    if (conf == nullptr || conf->publish || conf->play || session == nullptr) return;
    session_given_away(*session);
}

/// It publishes or plays, waits for the leave to, or is over.
bool is_taken(const RtmpSession& session)
{
    return session.closing || session.publisher != nullptr || session.player != nullptr ||
           session.asking != nullptr;
}

bool may_replace(const ngx_rtmp_session_t& s, const PublishGrant& grant,
                 const hub::StreamRecord& stream)
{
    return grant.may_replace.value_or(ingest_conf(s)->on_duplicate == kReplace) || is_stale(stream);
}

/// Whether somebody publishes who stays: then there is nothing to ask about.
bool is_held(const ngx_rtmp_session_t& s, std::string_view id, const PublishGrant& grant)
{
    const auto* stream = worker() == nullptr ? nullptr : hub::find_stream(worker()->zone, id);
    return stream != nullptr && hub::has_publisher(worker()->zone, *stream) &&
           !may_replace(s, grant, *stream);
}

ngx_int_t start_publish(RtmpSession& session, ngx_rtmp_publish_t& command,
                        const PublishGrant& grant)
{
    auto& s = *session.rtmp;
    const auto id = text_of(command.name);
    auto* stream = worker() == nullptr ? nullptr : hub::open_stream(worker()->zone, id);
    if (stream == nullptr) return refuse_publish(session, id, auth::Reason::hub_full);
    const auto claim = hub::claim_stream(worker()->zone, *stream, id, worker()->self,
                                         worker()->slot, may_replace(s, grant, *stream), wall_ms());
    if (claim.result == hub::Claimed::duplicate)
        return refuse_publish(session, id, auth::Reason::already_publishing);
    if (claim.result == hub::Claimed::full)
        return refuse_publish(session, id, auth::Reason::hub_full);

    session.publisher = new Publisher(session, std::string(id), grant, claim);
    session_established(session);
    if (const auto rc = next_publish(&s, &command); rc != NGX_OK) return rc;
    return ngx_rtmp_send_status(&s, const_cast<char*>("NetStream.Publish.Start"),
                                const_cast<char*>("status"), const_cast<char*>("Start publishing"));
}

/// The callback was asked; meanwhile the channel may have changed.
void publish_authorised(RtmpSession& session, ngx_rtmp_publish_t& command, PublishGrant& grant,
                        const Authorised& answer)
{
    auto& s = *session.rtmp;
    const auto id = text_of(command.name);
    note_failure(*s.connection->log, answer);
    if (!answer.allowed) {
        refuse_publish(session, id, reason_of(answer), answer.reason);
    } else if (const auto reason = publisher_still_allowed(s, id, grant)) {
        refuse_publish(session, id, *reason);
    } else if (start_publish(session, command, grant) != NGX_OK) {
        ngx_rtmp_finalize_session(&s);
    }
}

Question question_of(const ngx_rtmp_session_t& s, std::string_view action, std::string_view id,
                     std::string_view args)
{
    return {.action = action,
            .channel = id,
            .protocol = came_by_proxy(s) ? "rtmps" : "rtmp",
            .address = view(s.connection->addr_text),
            .query = query_of(s, args)};
}

ngx_int_t publish(ngx_rtmp_session_t& s, ngx_rtmp_publish_t& command)
{
    const auto* conf = ingest_conf(s);
    auto* session = rtmp_session(s);
    if (conf == nullptr || !conf->publish || session == nullptr) {
        give_away(conf, session);
        return next_publish(&s, &command);
    }
    if (is_taken(*session)) return NGX_OK;

    const auto id = text_of(command.name);
    if (!auth::is_channel_id(id)) return refuse_publish(*session, id, auth::Reason::bad_name);
    const auto grant = admit_publisher(s, id, text_of(command.args));
    if (!grant) return refuse_publish(*session, id, grant.error());
    if (!grant->authorise) return start_publish(*session, command, *grant);
    if (is_held(s, id, *grant))
        return refuse_publish(*session, id, auth::Reason::already_publishing);
    hold_command(*session, question_of(s, "publish", id, text_of(command.args)), *grant->authorise,
                 [session, command, grant = *grant](const Authorised& answer) mutable {
                     publish_authorised(*session, command, grant, answer);
                 });
    return NGX_OK;
}

/// What only counts at this moment: the stream runs and has a place left. nullptr when the player
/// was refused.
hub::StreamRecord* place_in(RtmpSession& session, std::string_view id, const PlayGrant& grant)
{
    auto* stream = worker() == nullptr ? nullptr : hub::find_stream(worker()->zone, id);
    const bool offline =
        stream == nullptr || hub::Current::unpack(stream->current.load()).state == hub::State::idle;
    if (offline) {
        refuse_play(session, "NetStream.Play.StreamNotFound", auth::Reason::unpublished);
        return nullptr;
    }
    const auto channel = channel::channel_of(id);
    const bool full = grant.max_viewers != 0 &&
                      hub::viewers_of_channel(worker()->zone, channel) >= grant.max_viewers;
    if (!full) return stream;
    raise("viewer.limit", channel, {{"limit", static_cast<std::int64_t>(grant.max_viewers)}});
    refuse_play(session, "NetStream.Play.Failed", auth::Reason::viewer_limit);
    return nullptr;
}

ngx_int_t start_play(RtmpSession& session, std::string_view id, const PlayGrant& grant)
{
    auto* stream = place_in(session, id, grant);
    if (stream == nullptr) return NGX_OK;
    if (!enter_audience(*stream, hub::Protocol::rtmp)) {
        return refuse_play(session, "NetStream.Play.StreamNotFound", auth::Reason::unpublished);
    }
    if (!hub::is_named(worker()->zone, *stream,
                       id)) {  // reclaimed for another stream before we were counted in
        leave_audience(*stream, hub::Protocol::rtmp);
        return refuse_play(session, "NetStream.Play.StreamNotFound", auth::Reason::unpublished);
    }
    session.player = new Player(session, std::string(id), grant, *stream);
    session_established(session);
    session.player->start();
    return NGX_OK;
}

void play_authorised(RtmpSession& session, const std::string& id, PlayGrant& grant,
                     const Authorised& answer)
{
    auto& s = *session.rtmp;
    note_failure(*s.connection->log, answer);
    if (!answer.allowed) {
        refuse_play(session, "NetStream.Play.Failed", reason_of(answer), answer.reason);
    } else if (const auto reason = player_still_allowed(s, channel::channel_of(id), grant)) {
        refuse_play(session, "NetStream.Play.Failed", *reason);
    } else if (start_play(session, id, grant) != NGX_OK) {
        ngx_rtmp_finalize_session(&s);
    }
}

ngx_int_t play(ngx_rtmp_session_t& s, ngx_rtmp_play_t& command)
{
    const auto* conf = ingest_conf(s);
    auto* session = rtmp_session(s);
    if (conf == nullptr || !conf->play || session == nullptr) {
        give_away(conf, session);
        return next_play(&s, &command);
    }
    if (is_taken(*session)) return NGX_OK;

    const auto played = channel::stream_called(text_of(command.name));
    if (!played)
        return refuse_play(*session, "NetStream.Play.StreamNotFound", auth::Reason::bad_name);
    const std::string_view id = *played;
    const auto channel = channel::channel_of(id);
    const auto grant = admit_player(s, channel, text_of(command.args));
    if (!grant) return refuse_play(*session, "NetStream.Play.Failed", grant.error());
    if (!grant->authorise) return start_play(*session, id, *grant);
    if (place_in(*session, id, *grant) == nullptr) return NGX_OK;
    hold_command(
        *session, question_of(s, "play", channel, text_of(command.args)), *grant->authorise,
        [session, name = std::string(id), grant = *grant](const Authorised& answer) mutable {
            play_authorised(*session, name, grant, answer);
        });
    return NGX_OK;
}

void drop_roles(RtmpSession& session, auth::Reason reason)
{
    if (session.publisher != nullptr) {
        session.publisher->set_reason(reason);
        delete session.publisher;
        session.publisher = nullptr;
    }
    delete session.player;
    session.player = nullptr;
}

ngx_int_t close_stream(ngx_rtmp_session_t& s, ngx_rtmp_close_stream_t& command)
{
    auto* session = rtmp_session(s);
    if (session != nullptr) drop_held(*session);
    const bool used =
        session != nullptr && (session->publisher != nullptr || session->player != nullptr);
    if (used) {
        drop_roles(*session, s.connection->destroyed ? auth::Reason::disconnected
                                                     : auth::Reason::unpublished);
        if (!s.connection->destroyed && !session->closing) session_unused(*session);
    }
    return next_close_stream(&s, &command);
}

template <flv::TagType Type>
ngx_int_t media_message(ngx_rtmp_session_t& s, ngx_rtmp_header_t* h, ngx_chain_t* in)
{
    auto* session = rtmp_session(s);
    if (session == nullptr || session->publisher == nullptr) return NGX_OK;
    session->publisher->take(Type, *h, in);
    return NGX_OK;
}

ngx_int_t add_message_handler(ngx_conf_t& cf, ngx_uint_t message, ngx_rtmp_handler_pt handler)
{
    auto* main = static_cast<ngx_rtmp_core_main_conf_t*>(
        ngx_rtmp_conf_get_module_main_conf((&cf), ngx_rtmp_core_module));
    auto* slot = static_cast<ngx_rtmp_handler_pt*>(ngx_array_push(&main->events[message]));
    if (slot == nullptr) return NGX_ERROR;
    *slot = handler;
    return NGX_OK;
}

void stream_dirty(hub::StreamRecord& stream)
{
    publishers().each_of(stream, [](Publisher& publisher) { publisher.check_stream(); });
    players().each_of(stream, [](Player& player) { player.pump(); });
}

void hand_over()
{
    publishers().each([](Publisher& publisher) { publisher.end(auth::Reason::shutdown); });
    players().each([](Player& player) { player.end(auth::Reason::shutdown); });
}

void check_sessions()
{
    const auto now = mono_ms();
    publishers().each([&](Publisher& publisher) { publisher.check(now); });
    players().each([](Player& player) { player.check(); });
}

}  // namespace

ngx_int_t install_rtmp_hooks(ngx_conf_t& cf)
{
    const std::pair<ngx_uint_t, ngx_rtmp_handler_pt> handlers[] = {
        {NGX_RTMP_CONNECT, rtmp_message_door<session_connected>},
        {NGX_RTMP_DISCONNECT, rtmp_message_door<session_disconnected>},
        {NGX_RTMP_MSG_CHUNK_SIZE, rtmp_message_door<check_chunk_size>},
        {NGX_RTMP_MSG_USER, rtmp_message_door<check_user_message>},
        {NGX_RTMP_MSG_AMF_CMD, rtmp_message_door<check_command>},
        {NGX_RTMP_MSG_AMF3_CMD, rtmp_message_door<check_command>},
        {NGX_RTMP_MSG_AMF_SHARED, rtmp_message_door<check_command>},
        {NGX_RTMP_MSG_AMF3_SHARED, rtmp_message_door<check_command>},
        {NGX_RTMP_MSG_AGGREGATE, rtmp_message_door<check_aggregate>},
        {NGX_RTMP_MSG_AUDIO, rtmp_message_door<media_message<flv::TagType::audio>>},
        {NGX_RTMP_MSG_VIDEO, rtmp_message_door<media_message<flv::TagType::video>>},
        {NGX_RTMP_MSG_AMF_META, rtmp_message_door<media_message<flv::TagType::script>>},
        {NGX_RTMP_MSG_AMF_META, rtmp_message_door<check_data>},
        {NGX_RTMP_MSG_AMF3_META, rtmp_message_door<check_data>},
    };
    for (const auto& [message, handler] : handlers) {
        if (add_message_handler(cf, message, handler) != NGX_OK) return NGX_ERROR;
    }
    next_publish = ngx_rtmp_publish;
    ngx_rtmp_publish = rtmp_command_door<publish, ngx_rtmp_publish_t>;
    next_play = ngx_rtmp_play;
    ngx_rtmp_play = rtmp_command_door<play, ngx_rtmp_play_t>;
    next_close_stream = ngx_rtmp_close_stream;
    ngx_rtmp_close_stream = rtmp_command_door<close_stream, ngx_rtmp_close_stream_t>;
    return NGX_OK;
}

void start_ingest()
{
    add_listener({.stream_dirty = stream_dirty,
                  .tick = [](std::int64_t) { check_sessions(); },
                  .snapshot_changed = check_sessions,
                  .busy = [] { return !publishers().empty() || !players().empty(); },
                  .hand_over = hand_over});
}

}  // namespace sluice::ngx
