#include "published_stream.hpp"

#include "core/channel/stream_name.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {

PublishedStream::PublishedStream(std::string name, const hub::Claim& claim,
                                 const hub::StreamRecord* programme)
    : name_(std::move(name)),
      stream_(&claim.writer.stream()),
      publication_(worker()->zone, claim, worker()->self, worker()->slot, mono_ms()),
      packager_(name_, *stream_, programme)
{}

Result<ingest::Accepted> PublishedStream::take(const ingest::Message& message,
                                               std::uint64_t mono_us)
{
    return note(message, publication_.take(message, mono_us), mono_us);
}

Result<ingest::Accepted> PublishedStream::take_at(const ingest::Message& message,
                                                  std::int64_t dts_ms, std::uint64_t mono_us)
{
    return note(message, publication_.take_at(message, dts_ms, mono_us), mono_us);
}

Result<ingest::Accepted> PublishedStream::note(const ingest::Message& message,
                                               Result<ingest::Accepted> accepted,
                                               std::uint64_t mono_us)
{
    if (!accepted) return accepted;
    if (accepted->poke != 0) worker()->poke(accepted->poke);
    packager_.take(message.type, publication_.writer(), accepted->dts_ms, mono_us);
    if (!accepted->gop_exceeds_ring) return accepted;
    ngx_log_error(
        NGX_LOG_WARN, ngx_cycle->log, 0,
        "sluice ingest: \"%s\": two groups of pictures don't fit into the largest free ring",
        name_.c_str());
    raise("stream.degraded", channel::channel_of(name_), {{"reason", "gop_exceeds_ring"}});
    return accepted;
}

void PublishedStream::apply(const package::PackageSettings& settings, std::int64_t window_ms)
{
    packager_.apply(settings);
    stream_->window_ms.store(window_ms);
}

hub::Released PublishedStream::release(std::int64_t window_ms)
{
    packager_.apply({});  // its last segments are there before the stream is another's
    return hub::release(worker()->zone, publication_.writer(),
                        window_ms > 0 ? mono_ms() + window_ms : 0);
}

std::unique_ptr<PublishedStream> publish_own_stream(const std::string& name,
                                                    const hub::StreamRecord* programme)
{
    auto* stream = hub::open_stream(worker()->zone, name);
    if (stream == nullptr) return nullptr;
    constexpr bool may_replace = true;
    const auto claim = hub::claim_stream(worker()->zone, *stream, name, worker()->self,
                                         worker()->slot, may_replace, wall_ms());
    if (claim.result == hub::Claimed::full) return nullptr;
    worker()->poke(claim.poke);
    return std::make_unique<PublishedStream>(name, claim, programme);
}

}  // namespace sluice::ngx
