#include "publisher.hpp"

#include <vector>

#include "conf.hpp"
#include "modules/exec/configured_hooks.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

constexpr std::uint64_t kErrorLogEveryMs = 1000;

std::string_view address_of(const ngx_rtmp_session_t& s)
{
    return view(s.connection->addr_text);
}

}  // namespace

bool came_by_proxy(const ngx_rtmp_session_t& s)
{
    const auto* listening = s.connection->listening;
    const auto* port =
        listening == nullptr ? nullptr : static_cast<ngx_rtmp_port_t*>(listening->servers);
    if (port == nullptr || port->naddrs == 0) return false;
    if (listening->sockaddr->sa_family == AF_INET6) {
        return static_cast<ngx_rtmp_in6_addr_t*>(port->addrs)->conf.proxy_protocol != 0;
    }
    return static_cast<ngx_rtmp_in_addr_t*>(port->addrs)->conf.proxy_protocol != 0;
}

Publisher::Publisher(RtmpSession& session, std::string id, const PublishGrant& grant,
                     const hub::Claim& claim)
    : session_(session),
      id_(std::move(id)),
      grant_(grant),
      broadcast_(id_, claim,
                 {.address = std::string(address_of(*session.rtmp)),
                  .secure = came_by_proxy(*session.rtmp)}),
      last_data_ms_(mono_ms())
{
    publishers().add(*this);
    if (!grant_.media) settings_.hooks = configured_hooks(*session_.rtmp, id_);
    follow_channel();
}

Publisher::~Publisher()
{
    publishers().remove(*this);
}

std::int64_t Publisher::window_ms() const
{
    if (grant_.reconnect_window_ms) return *grant_.reconnect_window_ms;
    return static_cast<std::int64_t>(ingest_conf(*session_.rtmp)->reconnect_window);
}

/// They lie apart in the channel's record, and are read once for each snapshot.
void Publisher::look_for_hooks()
{
    if (!grant_.media || channels() == nullptr || hooks_of_ == channels()->generation()) return;
    auto hooks = channels()->find_hooks(id_);
    if (!hooks) {
        ngx_log_error(NGX_LOG_ERR, session_.rtmp->connection->log, 0,
                      "sluice ingest: the hooks of \"%s\" can't be read: %*s", id_.c_str(),
                      hooks.error().where.size(), hooks.error().where.data());
    } else {
        settings_.hooks = std::move(*hooks);
    }
    hooks_of_ = channels()->generation();
}

void Publisher::follow_channel()
{
    look_for_hooks();
    settings_.packaging = package_settings(*session_.rtmp, grant_);
    settings_.window_ms = window_ms();
    broadcast_.apply(settings_);
}

void Publisher::take(flv::TagType type, const ngx_rtmp_header_t& h, const ngx_chain_t* in)
{
    static std::vector<std::span<const std::uint8_t>>
        pieces;  // kept for its memory; max_message bounds it
    pieces.clear();
    std::size_t size = 0;
    for (; in != nullptr; in = in->next) {
        const std::span<const std::uint8_t> piece(in->buf->pos, in->buf->last);
        pieces.push_back(piece);
        size += piece.size();
    }
    const auto now_us = mono_us();
    last_data_ms_ = static_cast<std::int64_t>(now_us / 1000);
    if (!broadcast_.current()) return;  // check_stream() is on its way

    const auto accepted = broadcast_.take(
        {.type = type, .timestamp_ms = h.timestamp, .pieces = pieces, .size = size}, now_us);
    if (accepted) return;
    const auto now = static_cast<std::uint64_t>(last_data_ms_);
    if (now - last_error_log_ms_ < kErrorLogEveryMs) return;
    last_error_log_ms_ = now;
    ngx_log_error(NGX_LOG_INFO, session_.rtmp->connection->log, 0,
                  "sluice ingest: \"%s\": message dropped: %*s", id_.c_str(),
                  accepted.error().where.size(), accepted.error().where.data());
}

std::optional<auth::Reason> Publisher::reason_to_end(std::int64_t now_ms)
{
    // The worker that took over may have died before it could wake this one.
    if (const auto reason = broadcast_.ended_in_the_hub()) return reason;
    const auto idle = static_cast<std::int64_t>(ingest_conf(*session_.rtmp)->idle_timeout);
    if (idle > 0 && now_ms - last_data_ms_ >= idle) return auth::Reason::idle;
    return publisher_still_allowed(*session_.rtmp, id_, grant_);
}

void Publisher::check(std::int64_t now_ms)
{
    if (session_.closing) return;
    if (const auto reason = reason_to_end(now_ms)) return end(*reason);
    follow_channel();
}

void Publisher::check_stream()
{
    if (session_.closing) return;
    if (const auto reason = broadcast_.ended_in_the_hub()) end(*reason);
}

void Publisher::end(auth::Reason reason)
{
    auto& session = session_;
    broadcast_.set_reason(reason);
    session.publisher = nullptr;
    delete this;  // the stream is free from here on; the connection lingers for its status
    refuse_session(session, publish_status_code(reason), reason);
}

SessionIndex<Publisher>& publishers()
{
    static SessionIndex<Publisher> index;
    return index;
}

}  // namespace sluice::ngx
