#include "curl_sender.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "../service/judged_connect.hpp"
#include "../version.hpp"

namespace sluice::control::events {
namespace {

constexpr long kConnections = 64;
constexpr long kConnectMs = 5000;

}  // namespace

CurlSender::CurlSender(std::function<bool()> allow_private, Resolver::Lookup lookup)
    : allow_private_(std::move(allow_private)),
      multi_(make_multi()),
      names_([multi = multi_.get()] { curl_multi_wakeup(multi); }, std::move(lookup))
{
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kConnections);
}

CurlSender::~CurlSender()
{
    for (auto& [curl, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), curl);
}

bool CurlSender::may_reach(const sockaddr& address) const
{
    return control::may_reach(reach_of(address), allow_private_());
}

curl_socket_t CurlSender::connect(void* transfer, curlsocktype, curl_sockaddr* address)
{
    auto& self = *static_cast<Transfer*>(transfer);
    self.refused = !self.sender->may_reach(address->addr);
    if (self.refused) return CURL_SOCKET_BAD;
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/// A connection that is used again may be one of a time when more was allowed.
int CurlSender::check_connection(void* transfer, char* address, char*, int, int)
{
    auto& self = *static_cast<Transfer*>(transfer);
    sockaddr_in v4{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {}, .sin_zero = {}};
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    if (::inet_pton(AF_INET, address, &v4.sin_addr) == 1) {
        self.refused = !self.sender->may_reach(reinterpret_cast<const sockaddr&>(v4));
    } else {
        const bool known = ::inet_pton(AF_INET6, address, &v6.sin6_addr) == 1;
        self.refused = !known || !self.sender->may_reach(reinterpret_cast<const sockaddr&>(v6));
    }
    return self.refused ? CURL_PREREQFUNC_ABORT : CURL_PREREQFUNC_OK;
}

std::size_t CurlSender::take(char*, std::size_t size, std::size_t count, void* transfer)
{
    auto& self = *static_cast<Transfer*>(transfer);
    self.answered += size * count;
    return self.answered > kMaxAnswer ? 0 : size * count;
}

void CurlSender::prepare(Transfer& transfer, const Sending& sending)
{
    auto* curl = transfer.curl.get();
    curl_slist* list = nullptr;
    for (const auto& header : sending.headers) list = curl_slist_append(list, header.c_str());
    list = curl_slist_append(list, "Expect:");  // a body this small is sent at once
    transfer.headers.reset(list);
    curl_easy_setopt(curl, CURLOPT_URL, sending.url.c_str());
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_QUICK_EXIT, 1L);  // should libcurl look a name up nevertheless
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(sending.timeout.count()));
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, kConnectMs);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, (std::string("Sluice/") + kVersion).c_str());
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, transfer.headers.get());
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, static_cast<long>(transfer.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, transfer.body.c_str());
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, connect);
    curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &transfer);
    curl_easy_setopt(curl, CURLOPT_PREREQFUNCTION, check_connection);
    curl_easy_setopt(curl, CURLOPT_PREREQDATA, &transfer);
}

void CurlSender::send(Sending sending)
{
    auto host = host_of(sending.url);
    if (host.name.empty()) return begin(std::move(sending), host, {}, {});
    unresolved_.push_back({std::move(sending), std::move(host), Clock::now()});
    if (advance(unresolved_.back())) unresolved_.pop_back();
}

void CurlSender::begin(Sending sending, const UrlHost& host, const Resolver::Addresses& addresses,
                       std::chrono::milliseconds waited)
{
    auto curl = make_curl();
    if (!curl) {
        failed_.push_back({sending.tag, 0, "no memory", 0, 0});
        return;
    }
    auto* handle = curl.get();
    auto& transfer = transfers_[handle];
    transfer.tag = sending.tag;
    transfer.curl = std::move(curl);
    transfer.body = std::move(sending.body);
    transfer.waited_ms = waited.count();
    transfer.sender = this;
    sending.timeout = std::max(sending.timeout - waited, std::chrono::milliseconds(1));
    prepare(transfer, sending);
    if (!addresses.empty()) transfer.addresses = set_addresses(handle, host, addresses);
    curl_multi_add_handle(multi_.get(), handle);
}

/// True when it is not waiting any more.
bool CurlSender::advance(Unresolved& waiting)
{
    const auto addresses = names_.ask(waiting.host.name);
    const auto waited =
        std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - waiting.since);
    const bool late = waited >= waiting.sending.timeout;
    if (addresses && !addresses->empty()) {
        begin(std::move(waiting.sending), waiting.host, *addresses, waited);
    } else if (addresses || late) {
        const auto code = late ? CURLE_OPERATION_TIMEDOUT : CURLE_COULDNT_RESOLVE_HOST;
        failed_.push_back({waiting.sending.tag, 0, curl_easy_strerror(code), waited.count(), 0});
    } else {
        return false;
    }
    return true;
}

void CurlSender::begin_resolved()
{
    std::erase_if(unresolved_, [this](Unresolved& waiting) { return advance(waiting); });
}

/// Until a name has been looked up for too long.
std::chrono::milliseconds CurlSender::until_next(std::chrono::milliseconds limit) const
{
    const auto now = Clock::now();
    for (const auto& waiting : unresolved_) {
        const auto left = waiting.since + waiting.sending.timeout - now;
        limit = std::min(limit, std::chrono::ceil<std::chrono::milliseconds>(left));
    }
    return std::max(limit, std::chrono::milliseconds(0));
}

Sent CurlSender::outcome(const Transfer& transfer, CURLcode code)
{
    auto* curl = transfer.curl.get();
    Sent sent{.tag = transfer.tag};
    curl_off_t us = 0;
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
    sent.ms = transfer.waited_ms + us / 1000;
    const bool long_answer = code == CURLE_WRITE_ERROR && transfer.answered > kMaxAnswer;
    if (transfer.refused && code != CURLE_OK) {
        sent.error = "the address is not allowed";
    } else if (code != CURLE_OK && !long_answer) {
        sent.error = curl_easy_strerror(code);
    } else {
        curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &sent.status);
        curl_off_t after = 0;
        curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
        sent.retry_after_s = after;
    }
    return sent;
}

void CurlSender::collect(std::vector<Sent>& out)
{
    int left = 0;
    while (const auto* message = curl_multi_info_read(multi_.get(), &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto code = message->data.result;
        auto* handle = message->easy_handle;
        out.push_back(outcome(transfers_.at(handle), code));
        curl_multi_remove_handle(multi_.get(), handle);
        transfers_.erase(handle);
    }
}

std::vector<Sent> CurlSender::wait(std::chrono::milliseconds limit)
{
    int running = 0;
    std::vector<Sent> out;
    const auto go_on = [&] {
        begin_resolved();
        for (auto& sent : std::exchange(failed_, {})) out.push_back(std::move(sent));
        curl_multi_perform(multi_.get(), &running);
        collect(out);
    };
    go_on();
    if (!out.empty()) return out;
    const auto most = static_cast<int>(until_next(limit).count());
    curl_multi_poll(multi_.get(), nullptr, 0, most, nullptr);
    go_on();
    return out;
}

}  // namespace sluice::control::events
