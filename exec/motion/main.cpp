#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sysexits.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "options.hpp"
#include "watch.hpp"

namespace {

/// A pipe of ours must not get the number of one that is missing.
void fill_standard_descriptors()
{
    for (int descriptor = STDIN_FILENO; descriptor <= STDERR_FILENO; ++descriptor) {
        if (fcntl(descriptor, F_GETFD) < 0) open("/dev/null", O_RDWR);
    }
}

void block_signals()
{
    sigset_t waited;
    sigemptyset(&waited);
    sigaddset(&waited, SIGCHLD);
    sigaddset(&waited, SIGTERM);
    sigprocmask(SIG_BLOCK, &waited, nullptr);
    // Where it is ignored, the kernel reaps our children itself.
    signal(SIGCHLD, SIG_DFL);
    signal(SIGPIPE, SIG_IGN);
}

}  // namespace

/// sluice-motion --area PERCENT --diff LEVELS --interval S --max S [--before S] --folder DIR
/// --ffmpeg PATH: records what moves in the stream on its standard input.
int main(int argc, char** argv)
{
    fill_standard_descriptors();
    block_signals();
    const auto options =
        sluice::motion::parse_options(std::vector<std::string>(argv + 1, argv + argc));
    if (!options) {
        sluice::motion::complain(options.error());
        return EX_USAGE;
    }
    return sluice::motion::Watch(*options).run();
}
