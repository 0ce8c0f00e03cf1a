#include "rtmp_log.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace sluice::ngx {
namespace {

constexpr std::array<std::string_view, 4> kCommands{"connect", "publish", "play", "play2"};

std::array<ngx_rtmp_handler_pt, kCommands.size()> originals;

/// Runs nginx-rtmp's own handler with the connection's log at notice: what it says at info holds
/// the query. A session that ends meanwhile is freed only by a later event, so the log is still
/// there.
template <std::size_t Command>
ngx_int_t at_notice(ngx_rtmp_session_t* s, ngx_rtmp_header_t* h, ngx_chain_t* in) noexcept
{
    auto& log = *s->connection->log;
    const auto level = log.log_level;
    log.log_level = std::min<ngx_uint_t>(level, NGX_LOG_NOTICE);
    const auto rc = originals[Command](s, h, in);
    log.log_level = level;
    return rc;
}

template <std::size_t... Command>
constexpr auto wrappers(std::index_sequence<Command...>)
{
    return std::array<ngx_rtmp_handler_pt, sizeof...(Command)>{at_notice<Command>...};
}

}  // namespace

void hide_queries_of_commands(ngx_conf_t& cf)
{
    auto* conf = &cf;
    auto* main = static_cast<ngx_rtmp_core_main_conf_t*>(
        ngx_rtmp_conf_get_module_main_conf(conf, ngx_rtmp_core_module));
    const std::span handlers(static_cast<ngx_rtmp_amf_handler_t*>(main->amf.elts), main->amf.nelts);
    constexpr auto wrapped = wrappers(std::make_index_sequence<kCommands.size()>());
    for (std::size_t i = 0; i < kCommands.size(); ++i) {
        // The first of each name is nginx-rtmp's, which decodes the command.
        const auto found = std::ranges::find_if(
            handlers, [&](const auto& handler) { return view(handler.name) == kCommands[i]; });
        if (found == handlers.end()) continue;
        originals[i] = found->handler;
        found->handler = wrapped[i];
    }
}

}  // namespace sluice::ngx
