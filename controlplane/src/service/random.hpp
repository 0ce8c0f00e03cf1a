#pragma once

#include <cstddef>
#include <string>

namespace sluice::control {

/// `bytes` bytes of the system's cryptographic random generator, in lower-case hex. Aborts the
/// process when the generator fails: a guessable key is worse than no service.
std::string random_hex(std::size_t bytes);

/// A random UUID (RFC 9562 section 5.4, version 4), lower case.
std::string random_uuid();

/// SHA-256 in lower-case hex.
std::string sha256_hex(const std::string& text);

/// Compares in a time that depends only on the lengths.
bool equal_in_constant_time(const std::string& a, const std::string& b);

}  // namespace sluice::control
