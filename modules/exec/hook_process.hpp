#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/hook/messages.hpp"
#include "feeder.hpp"
#include "modules/common/descriptor.hpp"
#include "return_pipe.hpp"

namespace sluice::ngx {

/// One life of a hook's process, from its start until nothing of it is left.
class HookProcess final : Descriptor::Owner {
public:
    /// What it tells its hook.
    struct Listener {
        virtual void reported(const hook::Report& report) = 0;

    protected:
        ~Listener() = default;
    };

    struct Wiring {
        std::string channel;
        const channel::Hook* hook = nullptr;
        hub::StreamRecord* feed = nullptr;   ///< nullptr: it is not fed
        std::vector<std::size_t> outputs{};  ///< of the hook's, which it makes
    };
    /// For what comes back on the pipe of an output, by its number among the hook's.
    using Take = std::function<void(std::size_t output, const ingest::Message& message,
                                    const hook::Moment& moment)>;

    HookProcess(const Wiring& wiring, Listener& listener, const Take& take);
    HookProcess(const HookProcess&) = delete;
    HookProcess& operator=(const HookProcess&) = delete;
    /// Kills what is left.
    ~HookProcess();

    /// Asks it to finish: its input ends, and it may write what it has.
    void end();
    void kill();

    /// To be called now and then: one that should have ended long ago is killed from here, and
    /// sluice-exec with it. That one may stand still, and hears nothing then.
    void insist(std::int64_t now_ms);

    /// Nothing of it is there any more: what it gave back was taken. How it ended.
    const std::optional<hook::Ended>& ended() const { return ended_; }

    Feeder* feeder() const { return feeder_.get(); }
    const std::vector<std::unique_ptr<ReturnPipe>>& returns() const { return returns_; }
    std::int64_t started_ms() const { return started_ms_; }  ///< monotonic

private:
    static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

    void ready(Descriptor& descriptor) override;
    void lost();
    void must_be_gone_in(std::int64_t ms);

    Listener& listener_;
    Descriptor control_;
    std::unique_ptr<Feeder> feeder_;
    std::vector<std::unique_ptr<ReturnPipe>> returns_;
    std::optional<hook::Ended> ended_;
    std::int64_t started_ms_;
    pid_t shim_ = 0;                    ///< sluice-exec
    pid_t group_ = 0;                   ///< of the program
    std::int64_t gone_by_ms_ = kNever;  ///< monotonic
};

}  // namespace sluice::ngx
