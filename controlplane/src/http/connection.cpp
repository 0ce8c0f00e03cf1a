#include "connection.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <mutex>
#include <sstream>
#include <string_view>
#include <utility>

#include "problem.hpp"
#include "request_parser.hpp"

namespace sluice::control::http {
namespace {

namespace P = Pistache;

constexpr const char* kConversation = "sluice.conversation";
constexpr int kWriteLimitMs = 10'000;

std::string method_name(P::Http::Method method)
{
    return P::Http::methodString(method);
}

std::string lower(std::string text)
{
    for (auto& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    return text;
}

std::string raw_query(const P::Http::Request& parsed)
{
    const auto text = parsed.query().as_str();
    return text.empty() ? text : text.substr(1);
}

/// nullopt when the query has a broken escape.
std::optional<Request> to_request(const P::Http::Request& parsed)
{
    auto query = parse_query(raw_query(parsed));
    if (!query) return std::nullopt;
    Request request{.method = method_name(parsed.method()), .path = parsed.resource()};
    request.query = std::move(*query);
    for (const auto& [name, raw] : parsed.headers().rawList()) {
        request.headers[lower(name)] = raw.value();
    }
    request.body = parsed.body();
    return request;
}

bool wants_close(const P::Http::Request& parsed)
{
    const auto header = parsed.headers().tryGetRaw("Connection");
    const auto value = header ? lower(header->value()) : std::string();
    if (parsed.version() == P::Http::Version::Http10) return value != "keep-alive";
    return value == "close";
}

std::string serialise(const Reply& reply, bool head, bool close)
{
    std::ostringstream out;
    out << "HTTP/1.1 " << reply.status << ' '
        << P::Http::codeString(static_cast<P::Http::Code>(reply.status)) << "\r\n";
    if (!reply.content_type.empty()) out << "Content-Type: " << reply.content_type << "\r\n";
    for (const auto& [name, value] : reply.headers) out << name << ": " << value << "\r\n";
    // 204 and 304 have no content, and so no length (RFC 9110 section 8.6).
    const bool bodyless = reply.status == 204 || reply.status == 304;
    if (!bodyless) out << "Content-Length: " << reply.body.size() << "\r\n";
    out << "Connection: " << (close ? "close" : "keep-alive") << "\r\n\r\n";
    if (!head && !bodyless) out << reply.body;
    return std::move(out).str();
}

/// False when the other side is gone, or does not read for kWriteLimit.
bool write_all(int fd, std::string_view text)
{
    while (!text.empty()) {
        const auto sent = ::send(fd, text.data(), text.size(), MSG_NOSIGNAL);
        if (sent > 0) {
            text.remove_prefix(static_cast<std::size_t>(sent));
            continue;
        }
        if (sent < 0 && errno == EINTR) continue;
        if (sent < 0 && errno != EAGAIN) return false;
        pollfd writable{fd, POLLOUT, 0};
        if (::poll(&writable, 1, kWriteLimitMs) <= 0) return false;
    }
    return true;
}

/// What belongs to one connection.
struct Conversation {
    explicit Conversation(std::size_t max_request) : parser(max_request) {}

    RequestParser parser;
    std::atomic<bool> over{false};  ///< the last reply is out, or is to come

    std::mutex mutex;
    bool gone = false;  ///< the descriptor may be another connection's by now
};

std::shared_ptr<Conversation> conversation_of(const std::shared_ptr<P::Tcp::Peer>& peer)
{
    return std::static_pointer_cast<Conversation>(peer->getData(kConversation));
}

void send(const Reply& reply, bool head, bool close, P::Tcp::Peer& peer, Conversation& conversation)
{
    const std::lock_guard lock(conversation.mutex);
    if (conversation.gone) return;
    // Written here and now instead of through Pistache's queue: when a handler has returned, its
    // reply is out, so that draining at the end needs only to count handlers.
    const bool written = write_all(peer.fd(), serialise(reply, head, close));
    // The other side closes once it sees the end; Pistache then cleans up.
    if (!written) ::shutdown(peer.fd(), SHUT_RDWR);
    if (!close) return;
    conversation.over = true;
    ::shutdown(peer.fd(), SHUT_WR);
}

}  // namespace

void Connection::onConnection(const std::shared_ptr<P::Tcp::Peer>& peer)
{
    shared_->metrics->connection_opened();
    peer->putData(kConversation, std::make_shared<Conversation>(shared_->max_request));
}

void Connection::onDisconnection(const std::shared_ptr<P::Tcp::Peer>& peer)
{
    shared_->metrics->connection_closed();
    {
        const auto conversation = conversation_of(peer);
        const std::lock_guard lock(conversation->mutex);
        conversation->gone = true;
    }
    const auto thread = std::static_pointer_cast<std::size_t>(peer->tryGetData(kThread));
    if (thread) shared_->load.at(*thread).fetch_sub(1);
}

void Connection::onInput(const char* buffer, std::size_t length,
                         const std::shared_ptr<P::Tcp::Peer>& peer)
{
    const auto conversation = conversation_of(peer);
    // The rest of a body that was refused is no request, whatever it looks like.
    if (conversation->over) return;
    auto& parser = conversation->parser;
    try {
        if (!parser.feed(buffer, length)) {
            return refuse(413, "the request is larger than the API takes", peer);
        }
        if (parser.parse() != P::Http::Private::State::Done) return;
        answer(parser.request, peer);
        parser.reset();
    } catch (const P::Http::HttpError& e) {
        const auto& code = e.code();
        refuse(code >= 400 && code < 600 ? code : 400, "the request can't be read", peer);
    } catch (const std::exception&) {
        refuse(400, "the request can't be read", peer);
    }
}

void Connection::answer(const P::Http::Request& parsed, const std::shared_ptr<P::Tcp::Peer>& peer)
{
    auto request = to_request(parsed);
    if (!request) return refuse(400, "the query has a broken percent escape", peer);
    const bool head = request->method == "HEAD";
    shared_->in_flight.fetch_add(1);
    const auto conversation = conversation_of(peer);
    const auto reply = shared_->handle(std::move(*request));
    if (reply.later) {
        conversation->over = true;
        return reply.later([=, shared = shared_](const Reply& known) {
            send(known, head, true, *peer, *conversation);
            shared->in_flight.fetch_sub(1);
        });
    }
    send(reply, head, wants_close(parsed), *peer, *conversation);
    shared_->in_flight.fetch_sub(1);
}

void Connection::refuse(int status, std::string_view detail,
                        const std::shared_ptr<P::Tcp::Peer>& peer)
{
    // After a request that could not be read, nobody knows where the next one starts.
    shared_->metrics->answered("", status, {});
    send(problem(status, detail, ""), false, true, *peer, *conversation_of(peer));
}

}  // namespace sluice::control::http
