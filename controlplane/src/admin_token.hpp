#pragma once

#include <filesystem>
#include <string>

#include "result.hpp"

namespace sluice::control {

/// The installation's token with full rights: `given` when it is not empty, else what `file`
/// holds, else a new random one. Afterwards the file holds it, readable by its owner only.
Result<std::string> admin_token(const std::filesystem::path& file, const std::string& given);

}  // namespace sluice::control
