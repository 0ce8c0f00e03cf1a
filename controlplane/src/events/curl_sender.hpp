#pragma once

#include <cstddef>
#include <functional>
#include <map>

#include "../curl.hpp"
#include "sender.hpp"

namespace sluice::control::events {

/// Sends with libcurl: connections are kept and used again, certificates verified, redirects not
/// followed. An address that may not be reached is refused when the connection is made, so that no
/// name can lead there. What a receiver answers beyond kMaxAnswer is not read.
class CurlSender final : public Sender {
public:
    static constexpr std::size_t kMaxAnswer = 64 << 10;

    /// `allow_private`: whether loopback and private networks may be reached.
    explicit CurlSender(std::function<bool()> allow_private);
    ~CurlSender() override;

    void send(Sending sending) override;
    std::vector<Sent> wait(std::chrono::milliseconds limit) override;
    void wake() override { curl_multi_wakeup(multi_.get()); }

private:
    struct Transfer {
        std::uint64_t tag = 0;
        Curl curl;
        CurlHeaders headers;
        std::string body;
        std::size_t answered = 0;
        bool refused = false;  ///< the address
        const CurlSender* sender = nullptr;
    };

    static curl_socket_t connect(void* transfer, curlsocktype purpose, curl_sockaddr* address);
    static std::size_t take(char* data, std::size_t size, std::size_t count, void* transfer);
    static void prepare(Transfer& transfer, const Sending& sending);
    static Sent outcome(const Transfer& transfer, CURLcode code);
    void collect(std::vector<Sent>& out);

    std::function<bool()> allow_private_;
    CurlMulti multi_;
    std::map<CURL*, Transfer> transfers_;
    std::vector<Sent> failed_;  ///< could not even begin
};

}  // namespace sluice::control::events
