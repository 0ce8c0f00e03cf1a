#pragma once

#include <exception>

#include "ngx.hpp"

namespace sluice::ngx {

inline void log_exception(ngx_log_t* log) noexcept
{
    try {
        throw;
    } catch (const std::exception& e) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sluice: %s", e.what());
    } catch (...) {
        ngx_log_error(NGX_LOG_ERR, log, 0, "sluice: unknown exception");
    }
}

/// The doors from nginx (C) into our C++, one per kind of callback: an exception that passed
/// through one would end the worker with all its sessions.
template <auto Handler>
ngx_int_t http_door(ngx_http_request_t* r) noexcept
{
    try {
        return Handler(*r);
    } catch (...) {
        log_exception(r->connection->log);
        return NGX_HTTP_INTERNAL_SERVER_ERROR;
    }
}

template <auto Handler>
void event_door(ngx_event_t* event) noexcept
{
    try {
        Handler(*event);
    } catch (...) {
        log_exception(event->log != nullptr ? event->log : ngx_cycle->log);
    }
}

template <auto Handler>
ngx_int_t rtmp_message_door(ngx_rtmp_session_t* s, ngx_rtmp_header_t* h, ngx_chain_t* in) noexcept
{
    try {
        return Handler(*s, h, in);
    } catch (...) {
        log_exception(s->connection->log);
        return NGX_ERROR;
    }
}

/// For ngx_rtmp_publish, _play, _close_stream: `Handler` takes the session and the command.
template <auto Handler, class Command>
ngx_int_t rtmp_command_door(ngx_rtmp_session_t* s, Command* command) noexcept
{
    try {
        return Handler(*s, *command);
    } catch (...) {
        log_exception(s->connection->log);
        return NGX_ERROR;
    }
}

template <auto Handler>
void request_event_door(ngx_http_request_t* r) noexcept
{
    try {
        Handler(*r);
    } catch (...) {
        log_exception(r->connection->log);
        ngx_http_finalize_request(r, NGX_ERROR);
    }
}

template <auto Handler>
void cleanup_door(void* data) noexcept
{
    try {
        Handler(data);
    } catch (...) {
        log_exception(ngx_cycle->log);
    }
}

}  // namespace sluice::ngx
