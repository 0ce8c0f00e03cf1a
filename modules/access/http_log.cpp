#include "http_log.hpp"

#include <span>

namespace sluice::ngx {
namespace {

/// Appends to a log line as far as there is room.
class Line {
public:
    Line(u_char* at, std::size_t room) : at_(at), end_(at + room) {}

    /// `, label: "value"`; nothing for an empty value.
    void add(const char* label, std::string_view value, const char* quote = "\"")
    {
        if (value.empty()) return;
        at_ = ngx_slprintf(at_, end_, ", %s: %s%*s%s", label, quote, value.size(), value.data(),
                           quote);
    }

    void add_action(const char* action) { at_ = ngx_slprintf(at_, end_, " while %s", action); }

    u_char* end() const { return at_; }

private:
    u_char* at_;
    u_char* end_;
};

std::string_view without_query(std::string_view url)
{
    return url.substr(0, url.find_first_of("?#"));
}

/// The request line; of one that couldn't be parsed, as much as there is of it.
std::string_view request_line(const ngx_http_request_t& r)
{
    if (r.request_line.len != 0) return view(r.request_line);
    if (r.request_start == nullptr || r.header_in == nullptr ||
        r.request_start >= r.header_in->last)
        return {};
    const std::string_view rest(reinterpret_cast<const char*>(r.request_start),
                                static_cast<std::size_t>(r.header_in->last - r.request_start));
    return rest.substr(0, rest.find_first_of("\r\n"));
}

void add_request(Line& line, const ngx_http_request_t& r)
{
    const auto* server =
        static_cast<ngx_http_core_srv_conf_t*>(r.srv_conf[ngx_http_core_module.ctx_index]);
    line.add("server", view(server->server_name), "");
    line.add("request", without_query(request_line(r)));
    if (r.upstream != nullptr && r.upstream->peer.name != nullptr) {
        line.add("upstream", view(*r.upstream->peer.name));
    }
    if (r.headers_in.host != nullptr) line.add("host", view(r.headers_in.host->value));
    if (r.headers_in.referer != nullptr)
        line.add("referrer", without_query(view(r.headers_in.referer->value)));
}

u_char* describe(ngx_log_t* log, u_char* buf, std::size_t len) noexcept
{
    Line line(buf, len);
    if (log->action != nullptr) line.add_action(log->action);
    const auto* context = static_cast<ngx_http_log_ctx_t*>(log->data);
    if (context == nullptr) return line.end();
    line.add("client", view(context->connection->addr_text), "");
    if (context->request != nullptr) {
        add_request(line, *context->request);
    } else {
        line.add("server", view(context->connection->listening->addr_text), "");
    }
    return line.end();
}

/// nginx sets the description of a connection when it takes it in, before the first byte is read.
void init_connection(ngx_connection_t* c) noexcept
{
    ngx_http_init_connection(c);
    const bool closed = c->fd == static_cast<ngx_socket_t>(-1);
    if (!closed) c->log->handler = describe;
}

}  // namespace

void hide_queries_of_requests(ngx_cycle_t& cycle)
{
    const std::span sockets(static_cast<ngx_listening_t*>(cycle.listening.elts),
                            cycle.listening.nelts);
    for (auto& socket : sockets) {
        if (socket.handler == ngx_http_init_connection) socket.handler = init_connection;
    }
}

}  // namespace sluice::ngx
