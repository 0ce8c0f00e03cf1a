#include "access.hpp"

#include "conf.hpp"
#include "core/auth/channel_id.hpp"
#include "core/hub/hub.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

using auth::Reason;
using channel::Channel;

std::int64_t now_s()
{
    return ngx_time();
}

/// A connection's text is the client's address even behind a proxy that tells it. Nothing for a
/// unix socket.
std::optional<auth::Address> address_of(const ngx_connection_t& c)
{
    const auto address = auth::parse_address(view(c.addr_text));
    if (!address) return std::nullopt;
    return *address;
}

/// nginx has a field of its own only for the headers it needs itself.
std::string_view header(const ngx_http_request_t& r, std::string_view lower_case_name)
{
    for (const auto* part = &r.headers_in.headers.part; part != nullptr; part = part->next) {
        const auto* fields = static_cast<const ngx_table_elt_t*>(part->elts);
        for (ngx_uint_t i = 0; i < part->nelts; ++i) {
            const std::string_view name(reinterpret_cast<const char*>(fields[i].lowcase_key),
                                        fields[i].key.len);
            if (fields[i].hash != 0 && name == lower_case_name) return view(fields[i].value);
        }
    }
    return {};
}

std::string_view value_of(const ngx_table_elt_t* field)
{
    return field == nullptr ? std::string_view() : view(field->value);
}

Result<std::optional<Channel>> look_up(std::string_view id, ngx_log_t& log)
{
    if (channels() == nullptr || !auth::is_channel_id(id)) return std::nullopt;
    auto found = channels()->find(id);
    if (!found) {
        ngx_log_error(NGX_LOG_ERR, &log, 0, "sluice access: channel \"%*s\" can't be read: %*s",
                      id.size(), id.data(), found.error().where.size(), found.error().where.data());
    }
    return found;
}

const Channel* pointer_to(const Result<std::optional<Channel>>& found)
{
    return found && *found ? &**found : nullptr;
}

std::optional<auth::Signature> sign_of(std::string_view args)
{
    const auto sign = auth::signature_in(args);
    if (!sign) return std::nullopt;
    return *sign;
}

void note(ChannelGrant& grant, const Channel& channel)
{
    grant.generation = channels()->generation();
    grant.expires_at_s = channel.expires_at_s;
}

/// Only before the start: who is in stays in.
std::optional<AuthorisePolicy> policy_of(const std::optional<channel::Authorise>& authorise)
{
    if (!authorise) return std::nullopt;
    return AuthorisePolicy{.timeout_ms = authorise->timeout_ms,
                           .allow_on_failure = authorise->allow_on_failure};
}

/// Where no channel says anything, whoever is configured is asked.
std::optional<AuthorisePolicy> policy_of(const AuthoriseConf& conf)
{
    if (conf.socket.len == 0) return std::nullopt;
    return AuthorisePolicy{.timeout_ms = static_cast<std::uint32_t>(conf.timeout),
                           .allow_on_failure = conf.allow_on_failure != 0};
}

void take_over(PublishGrant& grant, const Channel& channel)
{
    note(grant, channel);
    grant.may_replace = channel.ingest.on_duplicate == channel::OnDuplicate::replace;
    grant.reconnect_window_ms = channel.ingest.reconnect_window_ms;
    grant.media = ChannelMedia{.outputs = channel.outputs, .packaging = channel.packaging};
}

bool is_restricted(const channel::Playback& play)
{
    return play.auth != channel::Auth::open || play.authorise || !play.allow_ips.empty() ||
           !play.allow_referers.empty() || !play.allow_origins.empty();
}

void take_over(PlayGrant& grant, const Channel& channel)
{
    note(grant, channel);
    grant.max_viewers = channel.playback.max_viewers;
    grant.dvr_window_s = channel.packaging.dvr_window_s;
    grant.restricted = is_restricted(channel.playback);
}

/// Asks the channel again when the snapshot is another one, else only the clock. A record that
/// can't be read changes nothing for those who are already in. `judge` takes the channel or
/// nullptr.
template <class Grant, class Judge>
std::optional<Reason> still_allowed(std::string_view id, Grant& grant, ngx_log_t& log, Judge judge)
{
    if (channels() == nullptr) return std::nullopt;
    if (grant.generation == channels()->generation()) {
        const bool expired = grant.expires_at_s != 0 && now_s() >= grant.expires_at_s;
        return expired ? std::optional(Reason::expired) : std::nullopt;
    }
    const auto found = look_up(id, log);
    if (!found) return std::nullopt;
    const auto* channel = pointer_to(found);
    if (const auto reason = judge(channel)) return reason;
    take_over(grant, *channel);
    return std::nullopt;
}

tl::expected<PublishGrant, Reason> admit_by_channel(const ngx_connection_t& c, std::string_view id,
                                                    std::string_view args)
{
    const auto found = look_up(id, *c.log);
    const auto* channel = pointer_to(found);
    const auto reason =
        channel::may_publish(channel, {.id = id, .args = args, .address = address_of(c)}, now_s());
    if (reason) return tl::unexpected(*reason);
    PublishGrant grant;
    grant.sign = sign_of(args);
    grant.authorise = policy_of(channel->ingest.authorise);
    take_over(grant, *channel);
    return grant;
}

PublishGrant open_grant(const PublishAccessConf& conf)
{
    PublishGrant grant;
    grant.authorise = policy_of(conf.authorise);
    return grant;
}

tl::expected<PublishGrant, Reason> admit_by_key(const PublishAccessConf& conf, std::string_view id,
                                                std::string_view args)
{
    const auto sign = auth::signature_in(args);
    if (!sign) return tl::unexpected(sign.error());
    if (const auto reason = auth::verify_push(id, *sign, view(conf.key), now_s()))
        return tl::unexpected(*reason);
    auto grant = open_grant(conf);
    grant.sign = *sign;
    return grant;
}

tl::expected<PlayGrant, Reason> admit_by_channel(const channel::PlayRequest& request,
                                                 ngx_log_t& log)
{
    const auto found = look_up(request.id, log);
    const auto* channel = pointer_to(found);
    if (const auto reason = channel::may_play(channel, request, now_s()))
        return tl::unexpected(*reason);
    PlayGrant grant;
    grant.output = request.output;
    grant.sign = sign_of(request.args);
    grant.authorise = policy_of(channel->playback.authorise);
    take_over(grant, *channel);
    return grant;
}

PlayGrant open_grant(channel::Output output, const AuthoriseConf& authorise)
{
    PlayGrant grant;
    grant.output = output;
    grant.authorise = policy_of(authorise);
    grant.restricted = grant.authorise.has_value();
    return grant;
}

channel::PlayRequest request_of(const ngx_http_request_t& r, std::string_view id,
                                channel::Output output)
{
    return {.id = id,
            .args = view(r.args),
            .output = output,
            .address = address_of(*r.connection),
            .referer = value_of(r.headers_in.referer),
            .origin = header(r, "origin"),
            .host = value_of(r.headers_in.host)};
}

}  // namespace

std::string_view authorise_socket(const ngx_rtmp_session_t& s)
{
    return view(publish_access_conf(s).authorise.socket);
}

std::string_view query_of(const ngx_rtmp_session_t& s, std::string_view args)
{
    return args.empty() ? view(s.args) : args;
}

tl::expected<PublishGrant, Reason> admit_publisher(ngx_rtmp_session_t& s, std::string_view id,
                                                   std::string_view args)
{
    if (!auth::is_channel_id(id)) return tl::unexpected(Reason::bad_name);
    const auto& conf = publish_access_conf(s);
    const auto query = query_of(s, args);
    switch (conf.publish) {
        case kAccessOpen:
            return open_grant(conf);
        case kAccessSigned:
            return admit_by_key(conf, id, query);
        default:
            return admit_by_channel(*s.connection, id, query);
    }
}

std::optional<Reason> publisher_still_allowed(ngx_rtmp_session_t& s, std::string_view id,
                                              PublishGrant& grant)
{
    if (publish_access_conf(s).publish != kAccessChannels) return std::nullopt;
    return still_allowed(id, grant, *s.connection->log, [&](const Channel* channel) {
        return channel::publish_still_allowed(channel, grant.sign, now_s());
    });
}

tl::expected<PlayGrant, Reason> admit_viewer(ngx_http_request_t& r, std::string_view id,
                                             channel::Output output)
{
    if (!auth::is_channel_id(id)) return tl::unexpected(Reason::bad_name);
    const auto& conf = play_access_conf(r);
    if (conf.play == kAccessOpen) return open_grant(output, conf.authorise);
    return admit_by_channel(request_of(r, id, output), *r.connection->log);
}

std::optional<Reason> picture_refused(ngx_http_request_t& r, std::string_view id)
{
    const auto grant =
        admit_by_channel(request_of(r, id, channel::Output::picture), *r.connection->log);
    if (!grant) return grant.error();
    const auto* stream = worker() == nullptr ? nullptr : hub::find_stream(worker()->zone, id);
    const bool live =
        stream != nullptr && hub::Current::unpack(stream->current.load()).state == hub::State::live;
    if (!live) return Reason::unpublished;  // the last picture of a stream that ended is nobody's
    // Nobody is asked about a picture: where somebody would have to be, it is not shown.
    return grant->authorise ? std::optional(Reason::authorise_denied) : std::nullopt;
}

std::optional<Reason> viewer_still_allowed(ngx_http_request_t& r, std::string_view id,
                                           PlayGrant& grant)
{
    if (play_access_conf(r).play == kAccessOpen) return std::nullopt;
    return still_allowed(id, grant, *r.connection->log, [&](const Channel* channel) {
        return channel::play_still_allowed(channel, grant.output, grant.sign, now_s());
    });
}

std::optional<Reason> page_refused(ngx_http_request_t& r, std::string_view id)
{
    const auto found = look_up(id, *r.connection->log);
    const auto* channel = pointer_to(found);
    if (channel == nullptr || channel->playback.auth == channel::Auth::open) return std::nullopt;
    const auto sign = auth::signature_in(view(r.args));
    if (!sign) return sign.error();
    return auth::verify_play(id, *sign, channel->playback.key, now_s());
}

tl::expected<PlayGrant, Reason> admit_player(ngx_rtmp_session_t& s, std::string_view id,
                                             std::string_view args)
{
    if (!auth::is_channel_id(id)) return tl::unexpected(Reason::bad_name);
    const auto& conf = publish_access_conf(s);
    if (conf.publish != kAccessChannels) return open_grant(channel::Output::rtmp, conf.authorise);
    return admit_by_channel({.id = id,
                             .args = query_of(s, args),
                             .output = channel::Output::rtmp,
                             .address = address_of(*s.connection),
                             // What a player calls the page it is embedded in.
                             .referer = view(s.page_url)},
                            *s.connection->log);
}

std::optional<Reason> player_still_allowed(ngx_rtmp_session_t& s, std::string_view id,
                                           PlayGrant& grant)
{
    if (publish_access_conf(s).publish != kAccessChannels) return std::nullopt;
    return still_allowed(id, grant, *s.connection->log, [&](const Channel* channel) {
        return channel::play_still_allowed(channel, channel::Output::rtmp, grant.sign, now_s());
    });
}

}  // namespace sluice::ngx
