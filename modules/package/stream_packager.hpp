#pragma once

#include <memory>
#include <string>

#include "archive_queue.hpp"
#include "core/hub/hub.hpp"
#include "core/package/packager.hpp"
#include "modules/access/access.hpp"
#include "modules/common/ngx.hpp"

namespace sluice::ngx {

/// The packager of one publish session: keeps it in step with what the channel asks for, wakes who
/// waits for new parts, and tells of a disk that is full.
class StreamPackager {
public:
    /// `programme`: what the stream is a rendition of; nullptr: it is none.
    StreamPackager(std::string id, hub::StreamRecord& stream,
                   const hub::StreamRecord* programme = nullptr)
        : id_(std::move(id)), stream_(&stream), programme_(programme)
    {}

    /// Begins, changes or ends what is made.
    void apply(const package::PackageSettings& settings);

    /// A message that is in the ring by now, newest of all, and the time it got there. `mono_us`:
    /// its arrival.
    void take(flv::TagType type, const hub::Writer& written, std::int64_t dts_ms,
              std::uint64_t mono_us);

    /// Nothing comes for a while: what the programme has by now and this lacks is told as missing.
    void note_absence();

private:
    void begin(const package::PackageSettings& settings);
    void note(const package::Packaged& done);
    const package::StreamRack* programme_windows() const;
    void end();
    void take_headers();
    void keep_completed();
    void note_failing(bool failing);

    std::string id_;
    hub::StreamRecord* stream_;
    const hub::StreamRecord* programme_;
    std::unique_ptr<package::Packager> packager_;
    std::unique_ptr<ArchiveQueue> archive_;
    bool failing_ = false;
};

/// What the channel of this session wants to be made of its stream, or the configuration where
/// there are no channels.
package::PackageSettings package_settings(const ngx_rtmp_session_t& s, const PublishGrant& grant);

/// What a channel wants to be made of its stream, whoever brings it.
package::PackageSettings package_settings(const ChannelMedia& media);

}  // namespace sluice::ngx
