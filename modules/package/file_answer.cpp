#include "file_answer.hpp"

#include "modules/common/http_answer.hpp"
#include "modules/common/request_memory.hpp"
#include "refusal.hpp"

namespace sluice::ngx {
namespace {

using package::Lane;

/// A short stretch goes in one piece with its header; a long one costs less without a copy.
constexpr off_t kMostCopied = off_t{16} * 1024;

std::string_view type_of(Lane lane)
{
    switch (lane) {
        case Lane::audio:
            return "audio/mp4";
        case Lane::transport:
            return "video/mp2t";
        case Lane::video:
            break;
    }
    return "video/mp4";
}

std::string_view caching_of(const MediaFacts& facts)
{
    // What grows is another file to whoever keeps a copy of it.
    if (!facts.whole) return "no-cache";
    return facts.private_copy ? "private, max-age=31536000, immutable"
                              : "public, max-age=31536000, immutable";
}

/// Sends the header and what `make_chain` gives. nullptr from that: no memory.
template <class F>
FileSent send(ngx_http_request_t& r, off_t bytes, const MediaFacts& facts, F make_chain)
{
    auto* out = make_chain();
    if (out == nullptr || !add_media_headers(r, facts)) return {NGX_HTTP_INTERNAL_SERVER_ERROR, 0};
    r.headers_out.content_length_n = bytes;
    r.allow_ranges = 1;
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return {rc, 0};
    return {ngx_http_output_filter(&r, out), static_cast<std::uint64_t>(bytes)};
}

FileSent send_descriptor(ngx_http_request_t& r, int descriptor, off_t from, off_t bytes,
                         const MediaFacts& facts)
{
    return send(r, bytes, facts, [&]() -> ngx_chain_t* {
        auto* file = file_of(r, descriptor);
        return file == nullptr ? nullptr : piece_of(r, *file, from, from + bytes, true);
    });
}

}  // namespace

bool add_media_headers(ngx_http_request_t& r, const MediaFacts& facts)
{
    const auto type = type_of(facts.lane);
    r.headers_out.content_type = {type.size(),
                                  reinterpret_cast<u_char*>(const_cast<char*>(type.data()))};
    r.headers_out.content_type_len = type.size();
    r.headers_out.status = NGX_HTTP_OK;
    return add_fixed_header(r, "Access-Control-Allow-Origin", "*") &&
           add_fixed_header(r, "Access-Control-Expose-Headers", "Content-Length, Content-Range") &&
           add_fixed_header(r, "Cache-Control", caching_of(facts));
}

ngx_chain_t* piece_of(ngx_http_request_t& r, ngx_file_t& file, off_t from, off_t to, bool last)
{
    auto* buf = static_cast<ngx_buf_t*>(ngx_calloc_buf(r.pool));
    auto* link = ngx_alloc_chain_link(r.pool);
    if (buf == nullptr || link == nullptr) return nullptr;
    buf->in_file = from < to ? 1 : 0;
    buf->file = &file;
    buf->file_pos = from;
    buf->file_last = to;
    buf->last_buf = last ? 1 : 0;
    buf->last_in_chain = 1;
    buf->flush = last ? 0 : 1;
    buf->sync = buf->in_file ? 0 : 1;
    *link = {.buf = buf, .next = nullptr};
    return link;
}

ngx_file_t* file_of(ngx_http_request_t& r, int descriptor)
{
    auto* file = static_cast<ngx_file_t*>(ngx_pcalloc(r.pool, sizeof(ngx_file_t)));
    if (file == nullptr) return nullptr;
    file->fd = descriptor;
    ngx_str_set(&file->name, "media");  // nginx logs it when the file is shorter than it was
    file->log = r.connection->log;
    return file;
}

FileSent send_stretch(ngx_http_request_t& r, const std::shared_ptr<LiveFile>& file, off_t from,
                      off_t bytes, const MediaFacts& facts)
{
    if (!file->reaches(from + bytes)) return {refuse_unknown(r), 0};
    if (bytes > kMostCopied) {
        keep_with(r, file);
        return send_descriptor(r, file->descriptor(), from, bytes, facts);
    }
    const auto text = file->read(from, bytes);
    if (!text) return {refuse_unknown(r), 0};
    return send(r, bytes, facts, [&] { return whole_text(r, text); });
}

FileSent send_file(ngx_http_request_t& r, const std::string& path, const MediaFacts& facts)
{
    auto* core = static_cast<ngx_http_core_loc_conf_t*>(
        ngx_http_get_module_loc_conf((&r), ngx_http_core_module));
    ngx_open_file_info_t info;
    ngx_memzero(&info, sizeof(info));
    info.directio = NGX_OPEN_FILE_DIRECTIO_OFF;
    info.valid = core->open_file_cache_valid;
    info.min_uses = core->open_file_cache_min_uses;
    info.errors = core->open_file_cache_errors;
    info.events = core->open_file_cache_events;
    auto& name = keep_with(r, path);
    ngx_str_t text{name.size(), reinterpret_cast<u_char*>(name.data())};
    // No cache of descriptors: the files grow, and their sizes with them.
    const auto rc = ngx_open_cached_file(nullptr, &text, &info, r.pool);
    if (rc != NGX_OK || !info.is_file) return {refuse_unknown(r), 0};
    return send_descriptor(r, info.fd, 0, info.size, facts);
}

}  // namespace sluice::ngx
