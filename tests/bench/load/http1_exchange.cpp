#include <algorithm>
#include <string_view>

#include "http_exchange.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kMaxHead = 16 << 10;

class Http1Exchange : public HttpExchange {
public:
    explicit Http1Exchange(const Endpoint& endpoint)
    {
        const auto request = "GET " + endpoint.path + " HTTP/1.1\r\nHost: " + endpoint.authority() +
                             "\r\nUser-Agent: sluice-bench\r\nAccept: */*\r\n\r\n";
        out_.assign(request.begin(), request.end());
    }

    Result<void> receive(View bytes, std::vector<View>& body) override
    {
        if (!head_done_) {
            const auto taken = take_head(bytes);
            if (!taken) return tl::unexpected(taken.error());
            bytes = bytes.subspan(*taken);
        }
        if (bytes.empty()) return {};
        if (chunked_) return take_chunks(bytes, body);
        body.push_back(bytes);
        return {};
    }

private:
    Result<std::size_t> take_head(View bytes)
    {
        const auto before = head_.size();
        head_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
        const auto end = head_.find("\r\n\r\n");
        if (end == std::string::npos) {
            if (head_.size() > kMaxHead) return fail("the response head is too long");
            return bytes.size();
        }
        const auto taken = end + 4 - before;
        head_.resize(end);
        const auto line = head_.substr(0, head_.find("\r\n"));
        if (line.size() < 12 || line.substr(8, 4) != " 200") return fail("answered " + line);
        std::transform(head_.begin(), head_.end(), head_.begin(),
                       [](unsigned char c) { return std::tolower(c); });
        chunked_ = head_.find("transfer-encoding: chunked") != std::string::npos;
        head_ = {};
        head_done_ = true;
        return taken;
    }

    /// RFC 9112, 7.1; extensions and trailers are passed over.
    Result<void> take_chunks(View bytes, std::vector<View>& body)
    {
        while (!bytes.empty()) {
            if (chunk_left_ > 0) {
                const auto part = bytes.first(std::min(chunk_left_, bytes.size()));
                body.push_back(part);
                chunk_left_ -= part.size();
                bytes = bytes.subspan(part.size());
                continue;
            }
            const auto c = static_cast<char>(bytes[0]);
            bytes = bytes.subspan(1);
            if (c != '\n') {
                if (c != '\r') size_line_.push_back(c);
                if (size_line_.size() > 64) return fail("a chunk has no size");
                continue;
            }
            if (size_line_.empty()) continue;  // the line end behind a chunk
            chunk_left_ = std::strtoul(size_line_.c_str(), nullptr, 16);
            size_line_.clear();
            if (chunk_left_ == 0) return fail("the response ended");
        }
        return {};
    }

    std::string head_;
    bool head_done_ = false;
    bool chunked_ = false;
    std::size_t chunk_left_ = 0;
    std::string size_line_;
};

}  // namespace

std::unique_ptr<HttpExchange> make_http1_get(const Endpoint& endpoint)
{
    return std::make_unique<Http1Exchange>(endpoint);
}

}  // namespace sluice::bench
