#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>

#include "../curl.hpp"
#include "../resolver.hpp"
#include "sender.hpp"

namespace sluice::control::events {

/// Sends with libcurl: connections are kept and used again, certificates verified, redirects not
/// followed. An address that may not be reached is refused when the connection is made or used
/// again, so that no name can lead there. What a receiver answers beyond kMaxAnswer is not read.
class CurlSender final : public Sender {
public:
    static constexpr std::size_t kMaxAnswer = 64 << 10;

    /// `allow_private`: whether loopback and private networks may be reached.
    explicit CurlSender(std::function<bool()> allow_private,
                        Resolver::Lookup lookup = Resolver::system_lookup);
    ~CurlSender() override;

    void send(Sending sending) override;
    std::vector<Sent> wait(std::chrono::milliseconds limit) override;
    void wake() override { curl_multi_wakeup(multi_.get()); }

private:
    using Clock = std::chrono::steady_clock;

    /// Its name is being looked up.
    struct Unresolved {
        Sending sending;
        UrlHost host;
        Clock::time_point since;
    };

    struct Transfer {
        std::uint64_t tag = 0;
        Curl curl;
        CurlList headers;
        CurlList addresses;
        std::int64_t waited_ms = 0;  ///< for them
        std::string body;
        std::size_t answered = 0;
        bool refused = false;  ///< the address
        const CurlSender* sender = nullptr;
    };

    bool may_reach(const sockaddr& address) const;
    static curl_socket_t connect(void* transfer, curlsocktype purpose, curl_sockaddr* address);
    static int check_connection(void* transfer, char* address, char* own, int port, int own_port);
    static std::size_t take(char* data, std::size_t size, std::size_t count, void* transfer);
    static void prepare(Transfer& transfer, const Sending& sending);
    static Sent outcome(const Transfer& transfer, CURLcode code);
    void begin(Sending sending, const UrlHost& host, const Resolver::Addresses& addresses,
               std::chrono::milliseconds waited);
    bool advance(Unresolved& waiting);
    void begin_resolved();
    std::chrono::milliseconds until_next(std::chrono::milliseconds limit) const;
    void collect(std::vector<Sent>& out);

    std::function<bool()> allow_private_;
    CurlMulti multi_;
    std::map<CURL*, Transfer> transfers_;
    std::vector<Unresolved> unresolved_;
    std::vector<Sent> failed_;  ///< could not even begin
    Resolver names_;            ///< wakes multi_, so it goes first
};

}  // namespace sluice::control::events
