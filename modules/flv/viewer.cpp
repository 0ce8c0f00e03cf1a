#include "viewer.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "conf.hpp"
#include "core/channel/stream_name.hpp"
#include "core/flv/tag.hpp"
#include "modules/hub/audience.hpp"
#include "modules/hub/worker.hpp"
#include "room.hpp"

namespace sluice::ngx {
namespace {

// The most one turn gives to one viewer: a joining one must not hold up the others.
constexpr std::uint64_t kTurn = 256UL * 1024;
constexpr std::uint64_t kFrame =
    32UL * 1024;  // of a WebSocket: a slow viewer can't jump before its end

std::array<std::uint8_t, 3 * hub::kConfigBytes + 64> scratch;

}  // namespace

Viewer::Viewer(ngx_http_request_t& r, Room& room, Transport transport, const PlayGrant& grant)
    : connection_(r.connection),
      room_(&room),
      plain_(transport != Transport::http2 && r.connection->ssl == nullptr),
      transport_(transport),
      reader_(worker()->zone, room.stream()),
      r_(&r),
      grant_(grant)
{
    if (transport != Transport::http1) extras_ = std::make_unique<ViewerExtras>();
}

Viewer::~Viewer()
{
    if (place != kNoPlace) room_->leave(*this);
}

void Viewer::flush()
{
    if (blocked_ || fate_ != Fate::running) return;
    while (step() == Step::more) {
    }
}

void Viewer::on_writable()
{
    if (fate_ != Fate::running) return close();
    auto* event = r_->connection->write;
    if (event->timedout) {
        ngx_log_error(NGX_LOG_INFO, r_->connection->log, NGX_ETIMEDOUT,
                      "sluice flv: viewer takes nothing");
        fail();
        return;
    }
    if (!blocked_) return;
    blocked_ = false;
    if (event->timer_set) ngx_del_timer(event);
    if (note(flush_sink()) == Step::more) flush();
}

/// One thing to send; `more` when it went through and there may be another.
Viewer::Step Viewer::step()
{
    if (!pending_.empty()) return send_pending();
    if (!catch_up()) return Step::gone;
    if (!pending_.empty()) return send_pending();
    hub::Stretch stretch;
    auto size = next_size();
    if (leave_by_ms_ != 0 && frame_left_ == 0) {
        const auto stay = reader_.bytes_to_key();
        if (stay == 0U) return end();
        if (stay) size = std::min(size, *stay);
    }
    const auto sight = reader_.look(size, stretch);
    count_skip();
    switch (sight) {
        case hub::Sight::wait:
            return Step::stop;
        case hub::Sight::ended:
            return end();
        case hub::Sight::overrun:
            return overrun();
        case hub::Sight::tags:
            break;
    }
    return reader_.wants_config() ? send_config() : send_stretch(stretch);
}

std::uint64_t Viewer::next_size() const
{
    if (frame_left_ != 0) return frame_left_;
    return transport_ == Transport::websocket ? kFrame : kTurn;
}

/// A late viewer jumps, which it can only at the end of a tag (and of a WebSocket frame). The rest
/// of the open one is copied, because the ring may have gone on by the time the connection takes
/// it. False: the viewer is over.
bool Viewer::catch_up()
{
    if (!reader_.behind_key()) return true;
    const auto max_lag = static_cast<std::int64_t>(flv_conf(*r_).max_lag);
    if (!reader_.late(max_lag)) return true;
    while (frame_left_ != 0 || reader_.inside_tag()) {
        if (!copy_ahead(frame_left_ != 0 ? frame_left_ : reader_.rest_of_tag())) return false;
    }
    reader_.skip_if_late(max_lag);
    count_skip();
    return true;
}

bool Viewer::copy_ahead(std::uint64_t size)
{
    hub::Stretch stretch;
    if (reader_.look(size, stretch) != hub::Sight::tags) return overrun() == Step::more;
    if (transport_ == Transport::websocket) {
        if (frame_left_ == 0) {
            std::array<std::uint8_t, websocket::kMaxHeader> frame{};
            const auto header = write_header(frame, websocket::Opcode::binary, stretch.size);
            pending_.insert(pending_.end(), frame.begin(),
                            frame.begin() + static_cast<std::ptrdiff_t>(header));
        } else {
            frame_left_ -= stretch.size;
        }
    }
    for (const auto& piece : stretch.pieces)
        pending_.insert(pending_.end(), piece.begin(), piece.end());
    if (!reader_.settle(stretch, stretch.size)) return overrun() == Step::more;
    count_bytes_out(room_->stream(), stretch.size);
    return true;
}

void Viewer::hand_over(std::int64_t now_ms)
{
    constexpr std::int64_t kPatienceMs = 2000;
    if (fate_ != Fate::running) return;
    if (leave_by_ms_ == 0) leave_by_ms_ = now_ms + kPatienceMs;
    if (now_ms >= leave_by_ms_) end();
}

void Viewer::rescue()
{
    if (blocked_ && fate_ == Fate::running) catch_up();
}

Viewer::Step Viewer::send_pending()
{
    const Bytes piece = pending_;
    const auto sent = send({&piece, 1});
    pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(sent.bytes));
    if (pending_.empty()) pending_.shrink_to_fit();
    return note(sent);
}

/// Metadata and codec headers; before the first of them, the FLV file header.
Viewer::Step Viewer::send_config()
{
    if (frame_left_ != 0)
        return fail();  // a jump inside a WebSocket frame: what it promised can't be kept
    std::size_t at = websocket::kMaxHeader;
    if (!started_) {
        // Players wait for every track that the header promises.
        const auto tracks = reader_.tracks();
        const auto header =
            flv::file_header((tracks & hub::kAudioTrack) != 0, (tracks & hub::kVideoTrack) != 0);
        std::copy(header.begin(), header.end(), scratch.begin() + static_cast<std::ptrdiff_t>(at));
        at += header.size();
        started_ = true;
    }
    at += reader_.copy_config(std::span(scratch).subspan(at));
    const Bytes body(scratch.data() + websocket::kMaxHeader, at - websocket::kMaxHeader);
    if (body.empty()) return Step::more;

    std::array<std::uint8_t, websocket::kMaxHeader> frame{};
    const auto frame_size = transport_ == Transport::websocket
                                ? write_header(frame, websocket::Opcode::binary, body.size())
                                : 0;
    const std::array<Bytes, 2> pieces{Bytes(frame).first(frame_size), body};
    const auto used = std::span(pieces).subspan(frame_size == 0 ? 1 : 0);
    const auto sent = send(used);
    keep(used, sent.bytes);
    return note(sent);
}

Viewer::Step Viewer::send_stretch(const hub::Stretch& stretch)
{
    std::array<std::uint8_t, websocket::kMaxHeader> frame{};
    std::size_t frame_size = 0;
    if (transport_ == Transport::websocket && frame_left_ == 0) {
        frame_size = write_header(frame, websocket::Opcode::binary, stretch.size);
        frame_left_ = stretch.size;
    }
    std::array<Bytes, 3> pieces{};
    std::size_t count = 0;
    if (frame_size != 0) pieces[count++] = Bytes(frame).first(frame_size);
    for (const auto& piece : stretch.pieces) {
        if (!piece.empty()) pieces[count++] = piece;
    }
    const auto sent = send({pieces.data(), count});
    const auto header_sent = std::min<std::uint64_t>(sent.bytes, frame_size);
    if (header_sent < frame_size)
        pending_.assign(frame.begin() + static_cast<std::ptrdiff_t>(header_sent),
                        frame.begin() + static_cast<std::ptrdiff_t>(frame_size));
    const auto media = sent.bytes - header_sent;
    if (!reader_.settle(stretch, media)) return overrun();
    if (transport_ == Transport::websocket) frame_left_ -= media;
    count_bytes_out(room_->stream(), media);
    if (const auto result = note(sent); result != Step::more) return result;
    if (frame_left_ == 0 && extras_ && !extras_->pong.empty()) pending_.swap(extras_->pong);
    return Step::more;
}

/// Draws the conclusion from a send: goes on, waits for the write event, or gives the viewer up.
Viewer::Step Viewer::note(const Sent& sent)
{
    if (sent.failed) return fail();
    if (!sent.blocked) return Step::more;
    blocked_ = true;
    auto* event = r_->connection->write;
    if (!event->timer_set || sent.bytes != 0) ngx_add_timer(event, flv_conf(*r_).send_timeout);
    return Step::stop;
}

void Viewer::keep(std::span<const Bytes> pieces, std::uint64_t sent)
{
    for (const auto& piece : pieces) {
        const auto done = std::min<std::uint64_t>(sent, piece.size());
        pending_.insert(pending_.end(), piece.begin() + static_cast<std::ptrdiff_t>(done),
                        piece.end());
        sent -= done;
    }
}

Sent Viewer::send(std::span<const Bytes> pieces)
{
    if (transport_ == Transport::http2) return extras_->http2.send(*r_, pieces);
    if (!header_left_) {
        if (auto header = flush_raw(*r_); header.failed || header.blocked) return header;
        header_left_ = true;
    }
    if (plain_ && pieces.size() == 1) return send_plain(*connection_, pieces[0]);
    return send_raw(*connection_, pieces);
}

Sent Viewer::flush_sink()
{
    return transport_ == Transport::http2 ? extras_->http2.flush(*r_) : flush_raw(*r_);
}

void Viewer::count_skip()
{
    const auto skip = reader_.take_skip();
    if (skip.tags == 0) return;
    auto& stream = room_->stream();
    stream.skip_count.fetch_add(1);
    stream.skip_tags.fetch_add(skip.tags);
    stream.skip_ms.fetch_add(static_cast<std::uint64_t>(skip.ms));
}

bool Viewer::check()
{
    if (fate_ != Fate::running) return true;
    const auto reason =
        viewer_still_allowed(*r_, channel::channel_of(hub::name_of(room_->stream())), grant_);
    if (!reason) return true;
    const auto why = to_string(*reason);
    ngx_log_error(NGX_LOG_NOTICE, r_->connection->log, 0, "sluice flv: viewer ended: %*s",
                  why.size(), why.data());
    end();
    return false;
}

void Viewer::on_readable()
{
    if (transport_ == Transport::websocket) return read_websocket();
    ngx_http_test_reading(r_);
}

void Viewer::read_websocket()
{
    // A client that sends without end gets a turn like everybody else, and one pong for it: of
    // several pings only the latest need be answered (RFC 6455, 5.5.3).
    constexpr int kBuffersInATurn = 16;
    auto& c = *r_->connection;
    std::array<std::uint8_t, 512> buffer{};
    std::vector<websocket::Control> controls;
    std::optional<websocket::Control> ping;
    for (int i = 0; i < kBuffersInATurn; ++i) {
        const auto n = c.recv(&c, buffer.data(), buffer.size());
        if (n == NGX_AGAIN) break;
        controls.clear();
        if (n <= 0 ||
            !extras_->frames.take({buffer.data(), static_cast<std::size_t>(n)}, controls)) {
            fail();
            return;
        }
        for (const auto& control : controls) {
            if (control.opcode == websocket::Opcode::ping) ping = control;
            if (control.opcode != websocket::Opcode::close) continue;
            end();
            return;
        }
    }
    if (ping) answer(*ping);
    if (c.read->ready) {
        ngx_post_event(c.read, &ngx_posted_next_events);
    } else if (ngx_handle_read_event(c.read, 0) != NGX_OK) {
        fail();
    }
}

/// Sends the pong now or, where a frame is open, behind it.
void Viewer::answer(const websocket::Control& ping)
{
    std::array<std::uint8_t, websocket::kMaxHeader> header{};
    const auto size = write_header(header, websocket::Opcode::pong, ping.size);
    auto& pong = extras_->pong;
    pong.assign(header.begin(), header.begin() + static_cast<std::ptrdiff_t>(size));
    pong.insert(pong.end(), ping.payload.begin(), ping.payload.begin() + ping.size);
    if (frame_left_ != 0 || !pending_.empty()) return;
    pending_.swap(pong);
    if (!blocked_) send_pending();
}

/// The stream is over for this viewer: what was taken is flushed, the response ends properly.
Viewer::Step Viewer::end()
{
    if (transport_ == Transport::websocket && frame_left_ == 0 && pending_.empty() && !blocked_) {
        // 1001, going away (RFC 6455, 7.4.1)
        static constexpr std::array<std::uint8_t, 4> kClose{0x88, 2, 0x03, 0xe9};
        const Bytes piece(kClose);
        send({&piece, 1});
    }
    return finish(Fate::ended);
}

/// The ring was overwritten at our place: what was sent may be torn.
Viewer::Step Viewer::overrun()
{
    room_->stream().overruns.fetch_add(1);
    raise("viewer.overrun", hub::name_of(room_->stream()));
    return fail();
}

Viewer::Step Viewer::fail()
{
    return finish(Fate::failed);
}

/// We may be anywhere, in the request's own handler or in another's wake-up: the request is
/// finalised by its write event.
Viewer::Step Viewer::finish(Fate fate)
{
    if (fate_ != Fate::running) return Step::gone;
    fate_ = fate;
    auto* event = r_->connection->write;
    ngx_post_event(event, &ngx_posted_events);
    return Step::gone;
}

void Viewer::close()
{
    const bool proper = fate_ == Fate::ended && transport_ == Transport::http2;
    ngx_http_finalize_request(r_, proper ? ngx_http_send_special(r_, NGX_HTTP_LAST) : NGX_ERROR);
}

}  // namespace sluice::ngx
