#include "authorise.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "core/auth/query.hpp"
#include "core/hub/process.hpp"
#include "modules/common/guard.hpp"

namespace sluice::ngx {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kMostUnderWay = 2048;
constexpr std::size_t kLongestAnswer = 8192;
constexpr std::size_t kLongestReason = 600;  // bytes
/// Who is asked has the whole timeout; this is for the way there and back.
constexpr ngx_msec_t kOnTheWayMs = 500;

std::size_t under_way;
std::map<std::string, std::size_t, std::less<>> under_way_by_channel;

/// A channel gets no more questions than are free, so that it leaves room for the others.
bool has_room(std::string_view channel)
{
    const auto here = under_way_by_channel.find(channel);
    const auto asked = here == under_way_by_channel.end() ? 0 : here->second;
    return under_way < kMostUnderWay && asked < kMostUnderWay - under_way;
}

std::string session_name()
{
    static std::uint64_t number;
    return std::to_string(hub::own_process_id()) + "-" + std::to_string(++number);
}

std::string request_text(const Question& question)
{
    const Json body{{"action", question.action},
                    {"channel", question.channel},
                    {"protocol", question.protocol},
                    {"address", question.address},
                    {"query", auth::without_parameter(question.query, "sign")},
                    {"session", session_name()}};
    // What an encoder or a viewer sends may hold any bytes.
    const auto text = body.dump(-1, ' ', false, Json::error_handler_t::replace);
    return "POST /authorise HTTP/1.1\r\nHost: sluice\r\nContent-Type: application/json\r\n"
           "Connection: close\r\nContent-Length: " +
           std::to_string(text.size()) + "\r\n\r\n" + text;
}

/// For one line of a log, an event and a status.
std::string shown(const std::string& reason)
{
    std::string line = reason.substr(0, kLongestReason);
    for (auto& c : line) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || byte == 0x7f) c = ' ';
    }
    return line;
}

/// Nothing when it is not what an answer has to be: 200 and {"allow": …}.
std::optional<Authorised> parse_answer(std::string_view text)
{
    constexpr std::string_view kGood = "HTTP/1.1 200";
    const auto head = text.find("\r\n\r\n");
    if (!text.starts_with(kGood) || head == std::string_view::npos) return std::nullopt;
    const auto body = Json::parse(text.substr(head + 4), nullptr, false);
    if (!body.is_object() || !body.contains("allow") || !body["allow"].is_boolean())
        return std::nullopt;
    Authorised answer{.allowed = body["allow"].get<bool>()};
    if (body.contains("failed") && body["failed"].is_boolean())
        answer.failed = body["failed"].get<bool>();
    if (body.contains("reason") && body["reason"].is_string())
        answer.reason = shown(body["reason"].get<std::string>());
    return answer;
}

}  // namespace

auth::Reason reason_of(const Authorised& answer)
{
    return answer.failed ? auth::Reason::authorise_failed : auth::Reason::authorise_denied;
}

void note_failure(ngx_log_t& log, const Authorised& answer)
{
    if (!answer.failed || !answer.allowed) return;
    ngx_log_error(NGX_LOG_WARN, &log, 0,
                  "sluice access: the authorise callback failed, let in as its policy says");
}

Authorisation::Authorisation(std::string_view socket, const Question& question,
                             const AuthorisePolicy& policy, Done done)
    : done_(std::move(done)), channel_(question.channel), policy_(policy)
{
    timer_.data = this;
    timer_.log = ngx_cycle->log;
    timer_.handler = event_door<on_time>;
    const bool room = has_room(channel_);
    ++under_way;
    ++under_way_by_channel[channel_];
    bool asked = false;
    if (!socket.empty() && room) {
        out_ = request_text(question);
        asked = open(socket);
    }
    ngx_add_timer(&timer_, asked ? policy_.timeout_ms + kOnTheWayMs : 0);
}

Authorisation::~Authorisation()
{
    close();
    --under_way;
    const auto here = under_way_by_channel.find(channel_);
    if (--here->second == 0) under_way_by_channel.erase(here);
}

/// A unix socket connects at once or not at all. nginx's own connecting would log as critical what
/// is expected here: that the control plane is down.
bool Authorisation::open(std::string_view socket)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket.size() >= sizeof(address.sun_path)) return false;
    socket.copy(address.sun_path, socket.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return false;
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    if (::connect(fd, name, sizeof(address)) != 0 ||
        (c_ = ngx_get_connection(fd, ngx_cycle->log)) == nullptr) {
        ::close(fd);
        return false;
    }
    c_->data = this;
    c_->log = ngx_cycle->log;
    c_->recv = ngx_recv;
    c_->send = ngx_send;
    c_->read->log = c_->write->log = c_->log;
    c_->read->handler = event_door<on_read>;
    c_->write->handler = event_door<on_write>;
    if (ngx_handle_read_event(c_->read, 0) != NGX_OK ||
        ngx_handle_write_event(c_->write, 0) != NGX_OK) {
        close();
        return false;
    }
    return true;  // and is writable: the first event sends
}

void Authorisation::on_time(ngx_event_t& event)
{
    auto& self = *static_cast<Authorisation*>(event.data);
    self.settle({.allowed = self.policy_.allow_on_failure, .failed = true});
}

void Authorisation::on_write(ngx_event_t& event)
{
    static_cast<Authorisation*>(static_cast<ngx_connection_t*>(event.data)->data)->write();
}

void Authorisation::on_read(ngx_event_t& event)
{
    static_cast<Authorisation*>(static_cast<ngx_connection_t*>(event.data)->data)->read();
}

void Authorisation::write()
{
    while (!out_.empty()) {
        const auto sent = c_->send(c_, reinterpret_cast<u_char*>(out_.data()), out_.size());
        if (sent == NGX_AGAIN && ngx_handle_write_event(c_->write, 0) == NGX_OK) return;
        if (sent <= 0) return settle({.allowed = policy_.allow_on_failure, .failed = true});
        out_.erase(0, static_cast<std::size_t>(sent));
    }
}

/// The answer is whole when the other side closes.
void Authorisation::read()
{
    const Authorised failure{.allowed = policy_.allow_on_failure, .failed = true};
    std::array<u_char, 2048> piece;
    for (;;) {
        const auto got = c_->recv(c_, piece.data(), piece.size());
        if (got == NGX_AGAIN && ngx_handle_read_event(c_->read, 0) == NGX_OK) return;
        if (got == 0) return settle(parse_answer(in_).value_or(failure));
        if (got < 0 || in_.size() > kLongestAnswer) return settle(failure);
        in_.append(reinterpret_cast<const char*>(piece.data()), static_cast<std::size_t>(got));
    }
}

void Authorisation::close()
{
    if (timer_.timer_set) ngx_del_timer(&timer_);
    if (c_ != nullptr) ngx_close_connection(c_);
    c_ = nullptr;
}

void Authorisation::settle(const Authorised& outcome)
{
    close();
    const auto done = std::move(done_);
    done(outcome);  // may have destroyed this object
}

}  // namespace sluice::ngx
