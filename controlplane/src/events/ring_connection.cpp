#include "ring_connection.hpp"

#include <utility>

namespace sluice::control::events {
namespace {

/// nginx sends a comment every 15 seconds.
constexpr long kSilenceS = 40;

}  // namespace

RingConnection::RingConnection(std::filesystem::path socket)
    : socket_(std::move(socket)), multi_(make_multi())
{}

RingConnection::~RingConnection()
{
    close();
}

void RingConnection::close()
{
    if (curl_) curl_multi_remove_handle(multi_.get(), curl_.get());
    curl_.reset();
    open_ = false;
}

std::size_t RingConnection::take(char* data, std::size_t size, std::size_t count, void* self)
{
    auto& connection = *static_cast<RingConnection*>(self);
    const std::string_view piece(data, size * count);
    // Less than all makes libcurl end the transfer.
    return connection.reader_.feed(piece, *connection.out_) ? piece.size() : 0;
}

void RingConnection::open(const std::string& position)
{
    close();
    reader_ = {};
    curl_ = make_curl();
    if (!curl_) return;
    const auto url = "http://localhost/-/events?after=" + position;
    curl_easy_setopt(curl_.get(), CURLOPT_UNIX_SOCKET_PATH, socket_.c_str());
    curl_easy_setopt(curl_.get(), CURLOPT_URL, url.c_str());
    curl_easy_setopt(curl_.get(), CURLOPT_PROXY, "");
    curl_easy_setopt(curl_.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_FAILONERROR, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_CONNECTTIMEOUT_MS, 2000L);
    curl_easy_setopt(curl_.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
    curl_easy_setopt(curl_.get(), CURLOPT_LOW_SPEED_TIME, kSilenceS);
    curl_easy_setopt(curl_.get(), CURLOPT_WRITEFUNCTION, take);
    curl_easy_setopt(curl_.get(), CURLOPT_WRITEDATA, this);
    open_ = curl_multi_add_handle(multi_.get(), curl_.get()) == CURLM_OK;
}

bool RingConnection::read(std::chrono::milliseconds wait, std::vector<Message>& out)
{
    if (!open_) return false;
    out_ = &out;
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
    if (out.empty() && running > 0) {
        curl_multi_poll(multi_.get(), nullptr, 0, static_cast<int>(wait.count()), nullptr);
        curl_multi_perform(multi_.get(), &running);
    }
    out_ = nullptr;
    return running > 0;
}

}  // namespace sluice::control::events
