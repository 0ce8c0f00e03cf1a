#include "publisher.hpp"

#include <vector>

#include "conf.hpp"
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
      stream_(&claim.writer.stream()),
      publication_(worker()->zone, claim, worker()->self, worker()->slot, mono_ms()),
      packager_(id_, *stream_),
      last_data_ms_(mono_ms())
{
    const auto& s = *session_.rtmp;
    publication_.introduce(address_of(s), came_by_proxy(s), wall_ms());
    keep_worker();
    stream_->window_ms.store(granted_window_ms());
    packager_.apply(package_settings(s, grant_));
    worker()->slot_record().publishers.fetch_add(1);
    publishers().add(*this);
    worker()->poke(claim.poke);
    const bool resumed = claim.result != hub::Claimed::fresh;
    ngx_log_error(NGX_LOG_NOTICE, s.connection->log, 0, "sluice ingest: \"%s\" is published%s",
                  id_.c_str(), resumed ? ", continued" : "");
    if (claim.ended) {
        raise("stream.stopped", id_,
              {{"reason", to_string(*claim.ended)}, {"address", claim.ended_address}});
    }
    raise("stream.started", id_, {{"address", address_of(s)}, {"resumed", resumed}});
}

Publisher::~Publisher()
{
    publishers().remove(*this);
    packager_.apply({});  // its last segments are there before the stream is another's
    worker()->slot_record().publishers.fetch_sub(1);
    const auto released = hub::release(worker()->zone, publication_.writer(),
                                       window_ms() > 0 ? mono_ms() + window_ms() : 0);
    const auto why = to_string(reason_);
    // Before anybody is woken: another one may start at once.
    if (released.ended) {
        raise("stream.stopped", id_, {{"reason", why}, {"address", address_of(*session_.rtmp)}});
    }
    worker()->poke(released.poke);
    ngx_log_error(NGX_LOG_NOTICE, session_.rtmp->connection->log, 0,
                  "sluice ingest: \"%s\" ended: %*s", id_.c_str(), why.size(), why.data());
}

/// How long viewers are kept: not at all when the channel itself came to its end.
std::int64_t Publisher::window_ms() const
{
    switch (reason_) {
        case auth::Reason::deleted:
        case auth::Reason::disabled:
        case auth::Reason::expired:
            return 0;
        default:
            break;
    }
    return granted_window_ms();
}

std::int64_t Publisher::granted_window_ms() const
{
    if (grant_.reconnect_window_ms) return *grant_.reconnect_window_ms;
    return static_cast<std::int64_t>(ingest_conf(*session_.rtmp)->reconnect_window);
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
    if (!publication_.writer().current()) return;  // check_stream() is on its way

    const auto accepted = publication_.take(
        {.type = type, .timestamp_ms = h.timestamp, .pieces = pieces, .size = size}, now_us);
    if (!accepted) {
        const auto now = static_cast<std::uint64_t>(last_data_ms_);
        if (now - last_error_log_ms_ < kErrorLogEveryMs) return;
        last_error_log_ms_ = now;
        ngx_log_error(NGX_LOG_INFO, session_.rtmp->connection->log, 0,
                      "sluice ingest: \"%s\": message dropped: %*s", id_.c_str(),
                      accepted.error().where.size(), accepted.error().where.data());
        return;
    }
    if (accepted->poke != 0) worker()->poke(accepted->poke);
    packager_.take(type, publication_.writer(), accepted->dts_ms, now_us);
    if (accepted->gop_exceeds_ring) {
        ngx_log_error(
            NGX_LOG_WARN, session_.rtmp->connection->log, 0,
            "sluice ingest: \"%s\": two groups of pictures don't fit into the largest free ring",
            id_.c_str());
        raise("stream.degraded", id_, {{"reason", "gop_exceeds_ring"}});
    }
}

std::optional<auth::Reason> Publisher::ended_in_the_hub()
{
    if (!publication_.writer().current()) return auth::Reason::replaced;
    return hub::end_requested(publication_.writer());
}

std::optional<auth::Reason> Publisher::reason_to_end(std::int64_t now_ms)
{
    // The worker that took over may have died before it could wake this one.
    if (const auto reason = ended_in_the_hub()) return reason;
    const auto idle = static_cast<std::int64_t>(ingest_conf(*session_.rtmp)->idle_timeout);
    if (idle > 0 && now_ms - last_data_ms_ >= idle) return auth::Reason::idle;
    return publisher_still_allowed(*session_.rtmp, id_, grant_);
}

void Publisher::check(std::int64_t now_ms)
{
    if (session_.closing) return;
    if (const auto reason = reason_to_end(now_ms)) return end(*reason);
    packager_.apply(package_settings(*session_.rtmp, grant_));
    stream_->window_ms.store(granted_window_ms());
}

void Publisher::check_stream()
{
    if (session_.closing) return;
    if (const auto reason = ended_in_the_hub()) end(*reason);
}

void Publisher::end(auth::Reason reason)
{
    auto& session = session_;
    reason_ = reason;
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
