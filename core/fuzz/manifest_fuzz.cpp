#include <cstdlib>

#include "core/channel/manifest.hpp"

// Property: a manifest that is accepted names a file of its own folder and reads back the same
// after it was written.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    using namespace sluice::channel;
    const auto manifest = parse_manifest({reinterpret_cast<const char*>(data), size});
    if (!manifest) return 0;
    if (manifest->file.find('/') != std::string::npos || manifest->file.starts_with('.')) {
        std::abort();
    }
    if (manifest->file.find('\0') != std::string::npos) std::abort();
    const auto again = parse_manifest(to_json(*manifest));
    if (!again || *again != *manifest) std::abort();
    return 0;
}
