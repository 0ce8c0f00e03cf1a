#pragma once

#include <cstdint>
#include <functional>

#include "core/hook/returned.hpp"
#include "core/ingest/publication.hpp"
#include "hook_host.hpp"
#include "modules/common/descriptor.hpp"

namespace sluice::ngx {

/// Takes what a process gives back on one of its pipes.
class ReturnPipe final : Descriptor::Owner, hook::ReturnedSink {
public:
    /// Gets each message; it may not end the pipe.
    using Take = std::function<void(const ingest::Message& message, const hook::Moment& moment)>;

    enum class State : std::uint8_t {
        open,
        ended,    ///< the process closed it
        garbage,  ///< what came is no fragmented MP4
    };

    /// `fd` is taken over. `shifted`: the process was fed, and its times are those of the feed.
    ReturnPipe(int fd, bool shifted, Take take);
    ReturnPipe(const ReturnPipe&) = delete;
    ReturnPipe& operator=(const ReturnPipe&) = delete;

    State state() const { return state_; }
    /// What is wrong with what came; for State::garbage.
    std::string_view complaint() const { return complaint_; }
    std::uint64_t bytes() const { return bytes_; }
    std::uint64_t frames() const { return frames_; }

private:
    void ready(Descriptor& descriptor) override;
    void message(const hook::ReturnedMessage& message) override;
    void take(std::span<const std::uint8_t> bytes);

    Descriptor pipe_;
    hook::Returned returned_;
    Take take_;
    State state_ = State::open;
    std::string_view complaint_;
    std::uint64_t now_us_ = 0;
    std::uint64_t bytes_ = 0;
    std::uint64_t frames_ = 0;
};

}  // namespace sluice::ngx
