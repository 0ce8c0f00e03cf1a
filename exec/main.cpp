#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <string>

#include "control.hpp"
#include "core/channel/hook.hpp"
#include "core/process/family.hpp"
#include "session.hpp"

namespace {

using namespace sluice;

/// We live as long as something of the program does: only SIGKILL ends us before that.
void hold_out()
{
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, nullptr);
    // Where it is ignored, the kernel reaps our children itself.
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    process::become_subreaper();
}

/// Nothing of ours gets a number that is the program's: what the worker left out leads nowhere.
void fill_up_to(unsigned end)
{
    for (int descriptor = 0; descriptor < static_cast<int>(end); ++descriptor) {
        if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
    }
}

unsigned end_of_outputs(const hook::Spec& spec)
{
    return static_cast<unsigned>(channel::kFirstOutput) + spec.outputs;
}

void close_others(const hook::Spec& spec)
{
    const auto control = static_cast<unsigned>(hook::kControlDescriptor);
    close_range(end_of_outputs(spec), control - 1, 0);
    close_range(control + 1, ~0u, 0);
}

void refuse(const exec::Control& control, const std::string& why)
{
    control.tell_surely(hook::Ended{.reason = hook::EndReason::could_not_start, .line = why});
}

std::string name_from(int argc, char** argv)
{
    std::string name = argc > 1 ? argv[1] : "hook";
    if (argc > 2) name += std::string(".") + argv[2];
    return name;
}

void serve(exec::Control& control, const std::string& name)
{
    const auto packet = control.receive();
    if (control.closed()) return;
    const auto spec = hook::decode_spec(packet);
    if (!spec)
        return refuse(control, "what was asked for is wrong: " + std::string(spec.error().where));
    // It died before it could be noticed: its signal went to nobody.
    if (getppid() != spec->parent) return;
    fill_up_to(end_of_outputs(*spec));
    close_others(*spec);
    exec::Session(control, *spec, name).run();
}

}  // namespace

/// sluice-exec CHANNEL HOOK: started by an nginx worker, never by hand. nginx takes an end by a
/// signal or with status 2 for that of one of its own, hence always 0.
int main(int argc, char** argv)
{
    hold_out();
    fill_up_to(channel::kFirstOutput);
    exec::Control control(hook::kControlDescriptor);
    serve(control, name_from(argc, argv));
    return 0;
}
