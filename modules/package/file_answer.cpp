#include "file_answer.hpp"

#include "modules/common/http_answer.hpp"
#include "refusal.hpp"

namespace sluice::ngx {
namespace {

using package::Lane;

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

}  // namespace

int open_file(ngx_http_request_t& r, const std::string& path, off_t& size)
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
    auto* name = static_cast<u_char*>(ngx_pnalloc(r.pool, path.size() + 1));
    if (name == nullptr) return -1;
    ngx_memcpy(name, path.c_str(), path.size() + 1);
    ngx_str_t text{path.size(), name};
    // No cache of descriptors: the files grow, and their sizes with them.
    if (ngx_open_cached_file(nullptr, &text, &info, r.pool) != NGX_OK || !info.is_file) return -1;
    size = info.size;
    return info.fd;
}

bool add_media_headers(ngx_http_request_t& r, const MediaFacts& facts)
{
    const auto type = type_of(facts.lane);
    r.headers_out.content_type = {type.size(),
                                  reinterpret_cast<u_char*>(const_cast<char*>(type.data()))};
    r.headers_out.content_type_len = type.size();
    r.headers_out.status = NGX_HTTP_OK;
    const std::string who = facts.private_copy ? "private" : "public";
    // What grows is another file to whoever keeps a copy of it.
    const auto rule = facts.whole ? who + ", max-age=31536000, immutable" : "no-cache";
    return add_header(r, "Access-Control-Allow-Origin", "*") &&
           add_header(r, "Access-Control-Expose-Headers", "Content-Length, Content-Range") &&
           add_header(r, "Cache-Control", rule);
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

ngx_file_t* file_of(ngx_http_request_t& r, int fd)
{
    auto* file = static_cast<ngx_file_t*>(ngx_pcalloc(r.pool, sizeof(ngx_file_t)));
    if (file == nullptr) return nullptr;
    file->fd = fd;
    file->log = r.connection->log;
    return file;
}

FileSent send_file(ngx_http_request_t& r, const FileStretch& stretch, const MediaFacts& facts)
{
    off_t size = 0;
    const int fd = open_file(r, stretch.path, size);
    const auto bytes = stretch.bytes == FileStretch::kToTheEnd ? size : stretch.bytes;
    if (fd == -1 || size < stretch.from + bytes) return {refuse_unknown(r), 0};
    auto* file = file_of(r, fd);
    if (file == nullptr || !add_media_headers(r, facts)) return {NGX_HTTP_INTERNAL_SERVER_ERROR, 0};
    r.headers_out.content_length_n = bytes;
    r.allow_ranges = 1;
    const auto rc = ngx_http_send_header(&r);
    if (rc == NGX_ERROR || rc > NGX_OK || r.header_only) return {rc, 0};
    auto* out = piece_of(r, *file, stretch.from, stretch.from + bytes, true);
    if (out == nullptr) return {NGX_ERROR, 0};
    return {ngx_http_output_filter(&r, out), static_cast<std::uint64_t>(bytes)};
}

}  // namespace sluice::ngx
