#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/package/window.hpp"
#include "live_files.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// What the answer's header says of media.
struct MediaFacts {
    package::Lane lane{};
    bool private_copy = false;  ///< not everybody may watch
    bool whole = true;          ///< never changes; else the file may still grow
};

struct FileSent {
    ngx_int_t rc = NGX_OK;
    std::uint64_t bytes = 0;  ///< of the body
};

/// Sends so many bytes of the file, from `from` on; ranges of it where the client asks for them.
/// 404 when it has not so many.
FileSent send_stretch(ngx_http_request_t& r, const std::shared_ptr<LiveFile>& file, off_t from,
                      off_t bytes, const MediaFacts& facts);

/// The same for a whole file that is opened for this request. 404 when it is not there.
FileSent send_file(ngx_http_request_t& r, const std::string& path, const MediaFacts& facts);

// What an answer in several steps is made of.

bool add_media_headers(ngx_http_request_t& r, const MediaFacts& facts);
ngx_file_t* file_of(ngx_http_request_t& r, int descriptor);

/// `last`: nothing follows. nullptr: no memory.
ngx_chain_t* piece_of(ngx_http_request_t& r, ngx_file_t& file, off_t from, off_t to, bool last);

}  // namespace sluice::ngx
