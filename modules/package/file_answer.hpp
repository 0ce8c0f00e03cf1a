#pragma once

#include <cstdint>
#include <string>

#include "core/package/window.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// Which bytes of which file.
struct FileStretch {
    static constexpr off_t kToTheEnd = -1;

    std::string path;
    off_t from = 0;
    off_t bytes = kToTheEnd;
};

/// What the answer's header says of it.
struct MediaFacts {
    package::Lane lane{};
    bool private_copy = false;  ///< not everybody may watch
    bool whole = true;          ///< never changes; else the file may still grow
};

struct FileSent {
    ngx_int_t rc = NGX_OK;
    std::uint64_t bytes = 0;  ///< of the body
};

/// Sends the stretch; ranges of it where the client asks for them. 404 when it is not there.
FileSent send_file(ngx_http_request_t& r, const FileStretch& stretch, const MediaFacts& facts);

// What an answer in several steps is made of.

/// Opens the file for the life of the request. -1 and no log line when it is gone.
int open_file(ngx_http_request_t& r, const std::string& path, off_t& size);
bool add_media_headers(ngx_http_request_t& r, const MediaFacts& facts);
ngx_file_t* file_of(ngx_http_request_t& r, int fd);

/// `last`: nothing follows. nullptr: no memory.
ngx_chain_t* piece_of(ngx_http_request_t& r, ngx_file_t& file, off_t from, off_t to, bool last);

}  // namespace sluice::ngx
