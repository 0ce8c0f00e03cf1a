#include "copying_sink.hpp"

#include <algorithm>

extern "C" ngx_module_t ngx_sluice_hub_module;

namespace sluice::ngx {
namespace {

constexpr std::size_t kBuffer = 16UL * 1024;
const ngx_buf_tag_t kTag = &ngx_sluice_hub_module;  // tells our buffers from those of filters

}  // namespace

Sent CopyingSink::send(ngx_http_request_t& r, std::span<const Bytes> pieces)
{
    if (busy_ != nullptr) return {.blocked = true};
    auto* link = ngx_chain_get_free_buf(r.pool, &free_);
    if (link == nullptr) return {.failed = true};
    auto& buf = *link->buf;
    if (buf.start == nullptr) {
        buf.start = static_cast<u_char*>(ngx_palloc(r.pool, kBuffer));
        if (buf.start == nullptr) return {.failed = true};
        buf.end = buf.start + kBuffer;
        buf.tag = kTag;
        buf.temporary = 1;
    }
    buf.pos = buf.last = buf.start;
    buf.flush = 1;
    for (const auto& piece : pieces) {
        const auto n =
            std::min<std::size_t>(piece.size(), static_cast<std::size_t>(buf.end - buf.last));
        buf.last = ngx_cpymem(buf.last, piece.data(), n);
    }
    const auto taken = static_cast<std::uint64_t>(buf.last - buf.start);
    auto sent = pass(r, link);
    sent.bytes = taken;
    return sent;
}

Sent CopyingSink::flush(ngx_http_request_t& r)
{
    return busy_ == nullptr && r.out == nullptr ? Sent{} : pass(r, nullptr);
}

Sent CopyingSink::pass(ngx_http_request_t& r, ngx_chain_t* out)
{
    if (ngx_http_output_filter(&r, out) == NGX_ERROR) return {.failed = true};
    ngx_chain_update_chains(r.pool, &free_, &busy_, &out, kTag);
    return {.blocked = busy_ != nullptr};
}

}  // namespace sluice::ngx
