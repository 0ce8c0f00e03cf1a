#include "run_marker.hpp"

#include <cstdlib>

#include "../nginx/file.hpp"

namespace sluice::control {

RunMarker::RunMarker(const std::filesystem::path& dir) : file_(dir / "run" / "configured")
{
    const char* run = std::getenv("SLUICE_RUN");
    if (run == nullptr) return;
    run_ = run;
    restarted_ = nginx::read_file(file_) == run_ + "\n";
}

Result<void> RunMarker::set() const
{
    return nginx::write_file(file_, run_ + "\n", 0640);
}

}  // namespace sluice::control
