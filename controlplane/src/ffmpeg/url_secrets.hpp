#pragma once

#include <string>
#include <vector>

namespace sluice::control::ffmpeg {

/// What of a URL nobody may see: who and with which password, the query, and of RTMP what follows
/// the application's name, which is a key mostly.
std::vector<std::string> secrets_of(const std::string& url);

}  // namespace sluice::control::ffmpeg
