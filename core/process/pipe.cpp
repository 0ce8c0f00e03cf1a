#include "pipe.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace sluice::process {

Pipe::Pipe()
{
    if (pipe2(ends_, O_CLOEXEC) != 0) ends_[reading] = ends_[writing] = -1;
}

Pipe::~Pipe()
{
    close(reading);
    close(writing);
}

void Pipe::close(End which)
{
    if (ends_[which] >= 0) ::close(ends_[which]);
    ends_[which] = -1;
}

void Pipe::never_wait(End which) const
{
    fcntl(ends_[which], F_SETFL, O_NONBLOCK);
}

}  // namespace sluice::process
