#include "http1_session.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace sluice::bench {
namespace {

constexpr std::size_t kMaxHead = 16 << 10;
constexpr std::size_t kMaxChunkLine = 1024;
constexpr std::size_t kMaxBody = 256 << 20;

/// The value of a field in a head in lower case.
std::optional<std::string_view> field(std::string_view head, std::string_view name)
{
    const auto at = head.find("\r\n" + std::string(name) + ":");
    if (at == std::string_view::npos) return {};
    auto value = head.substr(at + 3 + name.size());
    value = value.substr(0, value.find("\r\n"));
    value.remove_prefix(std::min(value.find_first_not_of(" \t"), value.size()));
    return value;
}

std::optional<std::size_t> number(std::string_view text, int base)
{
    std::size_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
    if (error != std::errc{} || stop == text.data() || value > kMaxBody) return {};
    return value;
}

}  // namespace

void Http1Session::get(std::string_view path)
{
    out_.assign("GET ").append(path).append(" HTTP/1.1\r\nHost: ").append(authority_);
    out_.append("\r\nUser-Agent: sluice-bench\r\nAccept: */*\r\n\r\n");
    out_at_ = 0;
    line_.clear();
    body_.clear();
    kept_ = true;
    state_ = State::head;
}

Result<void> Http1Session::receive(View bytes)
{
    while (!bytes.empty()) {
        Result<void> taken;
        switch (state_) {
            case State::idle:
                return fail("the server sent more than was asked for");
            case State::head:
                taken = take_head(bytes);
                break;
            case State::body:
            case State::chunk:
                take_body(bytes);
                break;
            case State::chunk_size:
            case State::chunk_end:
            case State::trailer:
                taken = take_chunk_line(bytes);
                break;
        }
        if (!taken) return taken;
    }
    return {};
}

Result<void> Http1Session::take_head(View& bytes)
{
    const auto before = line_.size();
    line_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    const auto end = line_.find("\r\n\r\n", before < 3 ? 0 : before - 3);
    if (end == std::string::npos) {
        bytes = {};
        if (line_.size() > kMaxHead) return fail("the response head is too long");
        return {};
    }
    bytes = bytes.subspan(end + 4 - before);
    line_.resize(end);
    return read_head();
}

Result<void> Http1Session::read_head()
{
    if (!line_.starts_with("HTTP/1.") || line_.size() < 12) return fail("the answer is not HTTP/1");
    status_ = static_cast<int>(number(std::string_view(line_).substr(9, 3), 10).value_or(0));
    std::transform(line_.begin(), line_.end(), line_.begin(),
                   [](unsigned char c) { return std::tolower(c); });
    kept_ = line_.starts_with("http/1.1") && field(line_, "connection") != "close";
    const auto coding = field(line_, "transfer-encoding");
    if (coding) {
        if (*coding != "chunked") return fail("the answer's transfer encoding is not chunked");
        state_ = State::chunk_size;
    } else if (status_ == 204 || status_ == 304) {
        state_ = State::idle;
    } else {
        const auto length = number(field(line_, "content-length").value_or(""), 10);
        if (!length) return fail("the answer says no length");
        left_ = *length;
        state_ = left_ > 0 ? State::body : State::idle;
    }
    line_.clear();
    return {};
}

void Http1Session::take_body(View& bytes)
{
    const auto part = bytes.first(std::min(left_, bytes.size()));
    body_.insert(body_.end(), part.begin(), part.end());
    bytes = bytes.subspan(part.size());
    left_ -= part.size();
    if (left_ == 0) state_ = state_ == State::chunk ? State::chunk_end : State::idle;
}

/// RFC 9112, 7.1: sizes, the ends of chunks and trailers are lines.
Result<void> Http1Session::take_chunk_line(View& bytes)
{
    const auto c = static_cast<char>(bytes[0]);
    bytes = bytes.subspan(1);
    if (c == '\n') return end_chunk_line();
    if (c != '\r') line_.push_back(c);
    if (line_.size() > kMaxChunkLine) return fail("a line between chunks is too long");
    return {};
}

Result<void> Http1Session::end_chunk_line()
{
    const bool empty = line_.empty();
    if (state_ == State::chunk_end) {
        if (!empty) return fail("a chunk is longer than it says");
        state_ = State::chunk_size;
    } else if (state_ == State::trailer) {
        if (empty) state_ = State::idle;
    } else {
        const auto size = number(line_, 16);
        if (!size) return fail("a chunk has no size");
        left_ = *size;
        state_ = left_ > 0 ? State::chunk : State::trailer;
    }
    line_.clear();
    return {};
}

}  // namespace sluice::bench
