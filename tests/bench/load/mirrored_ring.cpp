#include "mirrored_ring.hpp"

#include <sys/mman.h>
#include <cstring>
#include <utility>

#include "descriptor.hpp"

namespace sluice::bench {

Result<MirroredRing> MirroredRing::make(std::size_t bytes)
{
    const Descriptor file(memfd_create("floor", MFD_CLOEXEC));
    if (!file || ftruncate(file.get(), static_cast<off_t>(bytes)) < 0) return fail_errno("memory");
    auto* room = mmap(nullptr, 2 * bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (room == MAP_FAILED) return fail_errno("memory");
    auto* memory = static_cast<std::uint8_t*>(room);
    for (auto* at : {memory, memory + bytes}) {
        const auto* got =
            mmap(at, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file.get(), 0);
        if (got == MAP_FAILED) return fail_errno("memory");
    }
    return MirroredRing(memory, bytes);
}

MirroredRing::MirroredRing(MirroredRing&& other) noexcept
    : memory_(std::exchange(other.memory_, nullptr)), bytes_(other.bytes_), head_(other.head_)
{}

MirroredRing::~MirroredRing()
{
    if (memory_ != nullptr) munmap(memory_, 2 * bytes_);
}

void MirroredRing::append(View bytes)
{
    std::memcpy(memory_ + head_ % bytes_, bytes.data(), bytes.size());
    head_ += bytes.size();
}

View MirroredRing::from(std::uint64_t position) const
{
    return {memory_ + position % bytes_, static_cast<std::size_t>(head_ - position)};
}

}  // namespace sluice::bench
