#include "player.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <algorithm>
#include <vector>

#include "conf.hpp"
#include "core/channel/stream_name.hpp"
#include "core/flv/tag.hpp"
#include "modules/common/guard.hpp"
#include "modules/hub/audience.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {
namespace {

constexpr std::int64_t kMaxLagMs = 5000;
constexpr std::uint64_t kLook = 1 << 20;

// More than this unsent in the kernel says nothing but that the player is slow; the ring keeps it
// better.
constexpr int kUnsentBytes = 64 * 1024;

std::vector<std::uint8_t> scratch;  // one tag, or the codec headers, in one piece

std::uint8_t message_type(flv::TagType type)
{
    switch (type) {
        case flv::TagType::audio:
            return NGX_RTMP_MSG_AUDIO;
        case flv::TagType::video:
            return NGX_RTMP_MSG_VIDEO;
        case flv::TagType::script:
            break;
    }
    return NGX_RTMP_MSG_AMF_META;
}

std::uint32_t chunk_stream(flv::TagType type)
{
    switch (type) {
        case flv::TagType::audio:
            return NGX_RTMP_CSID_AUDIO;
        case flv::TagType::video:
            return NGX_RTMP_CSID_VIDEO;
        case flv::TagType::script:
            break;
    }
    return NGX_RTMP_CSID_AMF;
}

/// Copies `size` bytes from the start of the stretch.
void copy_out(const hub::Stretch& stretch, std::size_t size, std::vector<std::uint8_t>& out)
{
    out.resize(size);
    const auto first = std::min(size, stretch.pieces[0].size());
    std::copy_n(stretch.pieces[0].begin(), first, out.begin());
    std::copy_n(stretch.pieces[1].begin(), size - first,
                out.begin() + static_cast<std::ptrdiff_t>(first));
}

/// A slow player costs the kernel no more than this.
void tune_socket(const ngx_rtmp_session_t& s)
{
    const auto fd = s.connection->fd;
    const int unsent = kUnsentBytes;
    setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &unsent, sizeof(unsent));
    const int buffer = static_cast<int>(ingest_conf(s)->send_buffer);
    if (buffer > 0) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof(buffer));
}

}  // namespace

Player::Player(RtmpSession& session, std::string id, const PlayGrant& grant,
               hub::StreamRecord& stream)
    : session_(session),
      id_(std::move(id)),
      grant_(grant),
      stream_(&stream),
      reader_(worker()->zone, stream)
{
    players().add(*this);
    want_every_tag(stream, true);
    auto* write = session_.rtmp->connection->write;
    send_ = write->handler;
    write->handler = event_door<writable>;
    tune_socket(*session_.rtmp);
}

Player::~Player()
{
    players().remove(*this);
    want_every_tag(*stream_, false);
    leave_audience(*stream_, hub::Protocol::rtmp);
    session_.rtmp->connection->write->handler = send_;
}

void Player::start()
{
    auto* s = session_.rtmp;
    // nginx-rtmp's interface takes plain char pointers but only reads them.
    if (ngx_rtmp_send_stream_begin(s, NGX_RTMP_MSID) != NGX_OK ||
        ngx_rtmp_send_status(s, const_cast<char*>("NetStream.Play.Start"),
                             const_cast<char*>("status"),
                             const_cast<char*>("Start live")) != NGX_OK) {
        return ngx_rtmp_finalize_session(s);
    }
    pump();
}

void Player::writable(ngx_event_t& event)
{
    auto* c = static_cast<ngx_connection_t*>(event.data);
    auto* s = static_cast<ngx_rtmp_session_t*>(c->data);
    auto* session = rtmp_session(*s);
    if (session->player == nullptr) return;
    session->player->send_(&event);
    if (c->destroyed || session->player == nullptr || session->closing) return;
    session->player->pump();
}

/// nginx-rtmp's queue is for the one message that the connection didn't take whole: what waits in
/// the ring costs nothing, and can be skipped.
bool Player::takes_more() const
{
    const auto& c = *session_.rtmp->connection;
    return !session_.closing && !c.destroyed && !c.write->active;
}

void Player::pump()
{
    while (takes_more()) {
        reader_.skip_if_late(kMaxLagMs);
        hub::Stretch stretch;
        const auto sight = reader_.look(kLook, stretch);
        count_skip();
        if (sight == hub::Sight::wait) return;
        if (sight == hub::Sight::ended)
            return stop("NetStream.Play.UnpublishNotify", "the stream ended");
        if (sight == hub::Sight::overrun) return stop("NetStream.Play.Failed", "too slow");
        if (reader_.wants_config()) {
            if (!send_config()) return ngx_rtmp_finalize_session(session_.rtmp);
            continue;
        }
        if (!send_next(stretch)) return;
    }
}

/// Sends the one tag the stretch begins with. Copied before it is checked, so nothing torn ever
/// leaves.
bool Player::send_next(const hub::Stretch& stretch)
{
    copy_out(stretch, flv::kTagHeaderSize, scratch);
    const auto header = flv::parse_tag_header(scratch);
    const auto size =
        header ? flv::kTagHeaderSize + header->size + flv::kPreviousTagSize : stretch.size + 1;
    hub::Stretch whole = stretch;
    if (size > stretch.size && reader_.look(size, whole) != hub::Sight::tags) return false;
    if (size <= whole.size) copy_out(whole, size, scratch);
    if (!reader_.settle(whole, std::min<std::uint64_t>(size, whole.size)) || size > whole.size) {
        return true;  // overwritten while it was copied: look() finds the way on
    }
    if (!send_tag(scratch)) {
        ngx_rtmp_finalize_session(session_.rtmp);
        return false;
    }
    count_bytes_out(*stream_, size);
    return true;
}

bool Player::send_config()
{
    scratch.resize(3 * hub::kConfigBytes);
    scratch.resize(reader_.copy_config(scratch));
    std::span<const std::uint8_t> left = scratch;
    while (left.size() > flv::kTagHeaderSize) {
        const auto header = flv::parse_tag_header(left);
        if (!header) return false;
        const auto size = flv::kTagHeaderSize + header->size + flv::kPreviousTagSize;
        if (size > left.size() || !send_tag(left.first(size))) return false;
        left = left.subspan(size);
    }
    return true;
}

bool Player::send_tag(std::span<const std::uint8_t> tag)
{
    const auto header = flv::parse_tag_header(tag);
    if (!header) return false;
    auto* s = session_.rtmp;
    auto* conf = static_cast<ngx_rtmp_core_srv_conf_t*>(
        ngx_rtmp_get_module_srv_conf(s, ngx_rtmp_core_module));

    ngx_buf_t buf{};
    buf.pos = const_cast<u_char*>(tag.data()) +
              flv::kTagHeaderSize;  // only read: it is copied into shared buffers
    buf.last = buf.pos + header->size;
    ngx_chain_t link{.buf = &buf, .next = nullptr};
    auto* message = ngx_rtmp_append_shared_bufs(conf, nullptr, &link);
    if (message == nullptr) return header->size == 0;

    ngx_rtmp_header_t out{};
    out.csid = chunk_stream(header->type);
    out.timestamp = header->timestamp_ms;
    out.type = message_type(header->type);
    out.msid = NGX_RTMP_MSID;
    ngx_rtmp_prepare_message(s, &out, nullptr, message);
    const auto sent = ngx_rtmp_send_message(s, message, 0);
    ngx_rtmp_free_shared_chain(conf, message);
    return sent == NGX_OK;
}

void Player::count_skip()
{
    const auto skip = reader_.take_skip();
    if (skip.tags == 0) return;
    stream_->skip_count.fetch_add(1);
    stream_->skip_tags.fetch_add(skip.tags);
    stream_->skip_ms.fetch_add(static_cast<std::uint64_t>(skip.ms));
}

void Player::check()
{
    if (session_.closing) return;
    if (const auto reason = player_still_allowed(*session_.rtmp, channel::channel_of(id_), grant_))
        end(*reason);
}

void Player::end(auth::Reason reason)
{
    if (session_.closing) return;
    auto& session = session_;
    session.player = nullptr;
    delete this;
    refuse_session(session, "NetStream.Play.Failed", reason);
}

void Player::stop(const char* code, const char* text)
{
    auto* s = session_.rtmp;
    session_.closing = true;
    if (reader_.inside_tag()) stream_->overruns.fetch_add(1);
    ngx_rtmp_send_stream_eof(s, NGX_RTMP_MSID);
    ngx_rtmp_send_status(s, const_cast<char*>(code), const_cast<char*>("status"),
                         const_cast<char*>(text));
    ngx_rtmp_finalize_session(s);
}

SessionIndex<Player>& players()
{
    static SessionIndex<Player> index;
    return index;
}

}  // namespace sluice::ngx
