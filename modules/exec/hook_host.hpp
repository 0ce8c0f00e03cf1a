#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/channel/hook.hpp"
#include "core/hub/hub.hpp"
#include "core/ingest/publication.hpp"

namespace sluice::hook {

/// When a message that a process gave back belongs, and when it came.
struct Moment {
    std::int64_t dts_ms = 0;
    bool key = false;     ///< a picture that decoding can start with
    bool header = false;  ///< a codec's configuration, no frame
    std::uint64_t mono_us = 0;
};

}  // namespace sluice::hook

namespace sluice::ngx {

class Rendition;

/// What processes work for: a stream that is on air from this worker.
class HookHost {
public:
    /// The channel's id.
    virtual const std::string& channel() const = 0;

    /// What a process is fed with; nullptr: nothing is there.
    virtual hub::StreamRecord* stream_for(channel::Feed feed) = 0;

    /// The stream `<channel>/<name>`, made now if it is not there.
    virtual std::shared_ptr<Rendition> rendition(const std::string& name) = 0;
    /// It is not made any more.
    virtual void drop_rendition(const std::string& name) = 0;

    /// A piece of the programme that a process made.
    virtual void take_programme(const ingest::Message& message, const hook::Moment& moment) = 0;

    /// The process that makes the programme is down; `replaced`: another one follows at once.
    virtual void programme_lost(bool replaced) = 0;

protected:
    ~HookHost() = default;
};

}  // namespace sluice::ngx
