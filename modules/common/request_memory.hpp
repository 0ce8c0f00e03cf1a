#pragma once

#include <new>
#include <type_traits>
#include <utility>

#include "ngx.hpp"

namespace sluice::ngx {

/// Moves `value` into the request's memory, where it lives until the request is freed. Throws
/// std::bad_alloc.
template <class T>
T& keep_with(ngx_http_request_t& r, T value)
{
    static_assert(alignof(T) <= NGX_ALIGNMENT);
    void* place = nullptr;
    if constexpr (std::is_trivially_destructible_v<T>) {
        place = ngx_palloc(r.pool, sizeof(T));
    } else if (auto* cleanup = ngx_pool_cleanup_add(r.pool, sizeof(T))) {
        place = cleanup->data;
        cleanup->handler = [](void* data) { static_cast<T*>(data)->~T(); };
    }
    if (place == nullptr) throw std::bad_alloc();
    return *new (place) T(std::move(value));
}

}  // namespace sluice::ngx
