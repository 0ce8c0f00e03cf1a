#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>

#include "../result.hpp"

namespace sluice::control {

/// Password hashes (argon2id). A hash takes memory and a processor for a while on purpose: two are
/// made at a time, and when more than a few wait, the rest is refused with Errc::throttled, so
/// that a storm of sign-ins costs other requests nothing.
class Passwords {
public:
    /// What one hash takes. The defaults are OWASP's: about 50 ms here.
    struct Cost {
        std::uint32_t kib = 19456;
        std::uint32_t passes = 2;
    };

    Passwords() : Passwords(Cost{}) {}
    explicit Passwords(Cost cost);

    /// As JSON text: the cost, the salt and the hash.
    Result<std::string> hash(const std::string& password);

    Result<bool> matches(const std::string& password, const std::string& stored);

    /// Takes as long as matches(), for an account that does not exist: the time of an answer must
    /// not tell which names do.
    Result<void> pretend(const std::string& password);

private:
    class Turn;

    Cost cost_;
    std::string nobodys_;  ///< a hash that no password has
    std::mutex mutex_;
    std::condition_variable free_;
    int running_ = 0;
    int waiting_ = 0;
};

}  // namespace sluice::control
