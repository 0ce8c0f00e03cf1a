#include <algorithm>
#include <array>
#include <string_view>

#include "http_exchange.hpp"

namespace sluice::bench {
namespace {

constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::size_t kFrameHead = 9;
constexpr std::uint32_t kMaxWindow = 0x7fffffff;
constexpr std::uint32_t kDefaultWindow = 65'535;
constexpr std::uint32_t kStream = 1;

// RFC 9113, 6
constexpr std::uint8_t kData = 0;
constexpr std::uint8_t kHeaders = 1;
constexpr std::uint8_t kReset = 3;
constexpr std::uint8_t kSettings = 4;
constexpr std::uint8_t kPing = 6;
constexpr std::uint8_t kGoAway = 7;
constexpr std::uint8_t kWindowUpdate = 8;
constexpr std::uint8_t kAck = 1;
constexpr std::uint8_t kEndStream = 1;
constexpr std::uint8_t kEndHeaders = 4;
constexpr std::uint8_t kPadded = 8;

// RFC 7541, appendix A
constexpr std::uint8_t kAuthorityName = 1;
constexpr std::uint8_t kMethodGet = 0x82;
constexpr std::uint8_t kPathName = 4;
constexpr std::uint8_t kSchemeHttp = 0x86;
constexpr std::uint8_t kSchemeHttps = 0x87;
constexpr std::uint8_t kStatus200 = 0x88;

void append_be32(Bytes& out, std::uint32_t value)
{
    for (int shift = 24; shift >= 0; shift -= 8)
        out.push_back(static_cast<std::uint8_t>(value >> shift));
}

void append_frame(Bytes& out, std::uint8_t type, std::uint8_t flags, std::uint32_t stream,
                  View body)
{
    const auto size = static_cast<std::uint32_t>(body.size());
    out.insert(out.end(),
               {static_cast<std::uint8_t>(size >> 16), static_cast<std::uint8_t>(size >> 8),
                static_cast<std::uint8_t>(size), type, flags});
    append_be32(out, stream);
    out.insert(out.end(), body.begin(), body.end());
}

/// A header field that is not indexed, with a name from the static table (RFC 7541, 6.2.2) and a
/// value without Huffman coding.
void append_field(Bytes& out, std::uint8_t name, std::string_view value)
{
    out.push_back(name);
    auto size = value.size();
    if (size < 127) {
        out.push_back(static_cast<std::uint8_t>(size));
    } else {
        out.push_back(127);
        for (size -= 127; size >= 128; size /= 128)
            out.push_back(static_cast<std::uint8_t>(size % 128 | 128));
        out.push_back(static_cast<std::uint8_t>(size));
    }
    out.insert(out.end(), value.begin(), value.end());
}

class Http2Exchange : public HttpExchange {
public:
    explicit Http2Exchange(const Endpoint& endpoint)
    {
        out_.assign(kPreface.begin(), kPreface.end());
        Bytes settings{0, 2, 0, 0, 0, 0, 0, 4};  // no push; initial window
        append_be32(settings, kMaxWindow);
        append_frame(out_, kSettings, 0, 0, settings);
        Bytes window;
        append_be32(window, kMaxWindow - kDefaultWindow);
        append_frame(out_, kWindowUpdate, 0, 0, window);

        Bytes fields{kMethodGet, endpoint.scheme == "https" ? kSchemeHttps : kSchemeHttp};
        append_field(fields, kPathName, endpoint.path);
        append_field(fields, kAuthorityName, endpoint.authority());
        append_frame(out_, kHeaders, kEndStream | kEndHeaders, kStream, fields);
    }

    Result<void> receive(View bytes, std::vector<View>& body) override
    {
        while (!bytes.empty()) {
            if (head_size_ < kFrameHead) {
                const auto hold = std::min(kFrameHead - head_size_, bytes.size());
                std::copy_n(bytes.begin(), hold,
                            head_.begin() + static_cast<std::ptrdiff_t>(head_size_));
                head_size_ += hold;
                bytes = bytes.subspan(hold);
                if (head_size_ < kFrameHead) return {};
                begin_frame();
            }
            const auto part = bytes.first(std::min(left_, bytes.size()));
            take_part(part, body);
            bytes = bytes.subspan(part.size());
            left_ -= part.size();
            if (left_ > 0) continue;
            head_size_ = 0;
            if (auto done = finish_frame(); !done) return done;
        }
        return {};
    }

private:
    std::uint8_t type() const { return head_[3]; }
    std::uint8_t flags() const { return head_[4]; }

    void begin_frame()
    {
        left_ = std::size_t{head_[0]} << 16 | std::size_t{head_[1]} << 8 | head_[2];
        held_.clear();
    }

    void take_part(View part, std::vector<View>& body)
    {
        if (type() == kData) {
            if (!part.empty()) body.push_back(part);
        } else {
            held_.insert(held_.end(), part.begin(), part.end());
        }
    }

    Result<void> finish_frame()
    {
        switch (type()) {
            case kData:
                if ((flags() & kPadded) != 0) return fail("the server pads DATA frames");
                if ((flags() & kEndStream) != 0) return fail("the response ended");
                return {};
            case kHeaders:
                if (held_.empty() || held_[0] != kStatus200) return fail("the answer is not a 200");
                return {};
            case kSettings:
                if ((flags() & kAck) == 0) append_frame(out_, kSettings, kAck, 0, {});
                return {};
            case kPing:
                if ((flags() & kAck) == 0) append_frame(out_, kPing, kAck, 0, held_);
                return {};
            case kReset:
                return fail("the server reset the HTTP/2 stream");
            case kGoAway:
                return fail("the server said GOAWAY");
            default:
                return {};
        }
    }

    std::array<std::uint8_t, kFrameHead> head_{};
    std::size_t head_size_ = 0;
    std::size_t left_ = 0;
    Bytes held_;
};

}  // namespace

std::unique_ptr<HttpExchange> make_http2_get(const Endpoint& endpoint)
{
    return std::make_unique<Http2Exchange>(endpoint);
}

}  // namespace sluice::bench
