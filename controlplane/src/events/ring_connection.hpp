#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "../curl.hpp"
#include "../result.hpp"
#include "sse.hpp"

namespace sluice::control::events {

/// A reader of nginx's event ring. Of one thread, but for wake().
class RingConnection {
public:
    explicit RingConnection(std::filesystem::path socket);
    ~RingConnection();

    /// Begins to read behind `position`.
    void open(const std::string& position);

    /// Waits up to `wait` for messages and appends them. False when the connection has ended or is
    /// not what it should be.
    bool read(std::chrono::milliseconds wait, std::vector<Message>& out);

    /// Ends a wait, from any thread.
    void wake() { curl_multi_wakeup(multi_.get()); }

private:
    static std::size_t take(char* data, std::size_t size, std::size_t count, void* self);
    void close();

    std::filesystem::path socket_;
    CurlMulti multi_;
    Curl curl_;
    MessageReader reader_;
    std::vector<Message>* out_ = nullptr;
    bool open_ = false;
};

}  // namespace sluice::control::events
