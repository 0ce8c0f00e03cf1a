#pragma once

#include <memory>
#include <string>

#include "core/ingest/publication.hpp"
#include "modules/package/stream_packager.hpp"

namespace sluice::ngx {

/// A stream of the hub that this worker publishes and packages: from its granted claim until it is
/// released.
class PublishedStream {
public:
    /// `programme`: what it is a rendition of; its segments begin where that one's do.
    PublishedStream(std::string name, const hub::Claim& claim,
                    const hub::StreamRecord* programme = nullptr);
    PublishedStream(const PublishedStream&) = delete;
    PublishedStream& operator=(const PublishedStream&) = delete;

    /// Takes a message as it came from a publisher, or one whose time is known. Errors as those of
    /// Publication: the message was left out.
    Result<ingest::Accepted> take(const ingest::Message& message, std::uint64_t mono_us);
    Result<ingest::Accepted> take_at(const ingest::Message& message, std::int64_t dts_ms,
                                     std::uint64_t mono_us);

    /// What is made of it, and how long it waits for its publisher to come back.
    void apply(const package::PackageSettings& settings, std::int64_t window_ms);

    /// Nothing comes for a while: viewers are told what the programme has by now and this lacks.
    void note_absence() { packager_.note_absence(); }

    /// Ends the session; nothing may be taken after it. The stream waits for `window_ms`, 0: not at
    /// all. Who has to be woken is in the result.
    hub::Released release(std::int64_t window_ms);

    /// False once another publisher took over.
    bool current() { return publication_.writer().current(); }
    ingest::Publication& publication() { return publication_; }
    hub::StreamRecord& stream() const { return *stream_; }
    const std::string& name() const { return name_; }

private:
    Result<ingest::Accepted> note(const ingest::Message& message, Result<ingest::Accepted> accepted,
                                  std::uint64_t mono_us);

    std::string name_;
    hub::StreamRecord* stream_;
    ingest::Publication publication_;
    StreamPackager packager_;
};

/// Claims the stream `name` for a publisher that nobody may keep out: what this server makes itself
/// of a stream that it has. nullptr: the hub is full.
std::unique_ptr<PublishedStream> publish_own_stream(const std::string& name,
                                                    const hub::StreamRecord* programme = nullptr);

}  // namespace sluice::ngx
