#include "curl_sender.hpp"

#include <sys/socket.h>

#include <utility>

#include "../service/network_reach.hpp"
#include "../version.hpp"

namespace sluice::control::events {
namespace {

constexpr long kConnections = 64;
constexpr long kConnectMs = 5000;

}  // namespace

CurlSender::CurlSender(std::function<bool()> allow_private)
    : allow_private_(std::move(allow_private)), multi_(make_multi())
{
    curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, kConnections);
}

CurlSender::~CurlSender()
{
    for (auto& [curl, transfer] : transfers_) curl_multi_remove_handle(multi_.get(), curl);
}

curl_socket_t CurlSender::connect(void* transfer, curlsocktype, curl_sockaddr* address)
{
    auto& self = *static_cast<Transfer*>(transfer);
    const auto reach = reach_of(address->addr);
    if (reach == Reach::never || (reach == Reach::inside && !self.sender->allow_private_())) {
        self.refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
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
}

void CurlSender::send(Sending sending)
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
    transfer.sender = this;
    prepare(transfer, sending);
    curl_multi_add_handle(multi_.get(), handle);
}

Sent CurlSender::outcome(const Transfer& transfer, CURLcode code)
{
    auto* curl = transfer.curl.get();
    Sent sent{.tag = transfer.tag};
    curl_off_t us = 0;
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &us);
    sent.ms = us / 1000;
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
    auto out = std::exchange(failed_, {});
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    collect(out);
    if (!out.empty()) return out;
    curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(limit.count()), nullptr);
    curl_multi_perform(multi_.get(), &running);
    collect(out);
    return out;
}

}  // namespace sluice::control::events
