#pragma once

#include <cstdint>
#include <string>

#include "../result.hpp"

namespace sluice::control::nginx {

/// A certificate chain (leaf first) and its private key, both PEM.
struct CertificatePair {
    std::string certificate;
    std::string private_key;

    bool operator==(const CertificatePair&) const = default;
};

/// What a certificate says about itself.
struct CertificateFacts {
    std::string subject;           ///< RFC 2253 form
    std::int64_t not_after_s = 0;  ///< Unix time
    bool self_signed = false;
};

/// Whether nginx can use the pair: both parse, the key has no passphrase and belongs to the leaf.
/// Errc::invalid with the fields `tls.certificate` and `tls.private_key`.
Result<CertificateFacts> check(const CertificatePair& pair);

/// An EC P-256 certificate for `name` and localhost, valid for ten years, signed by itself:
/// browsers will warn.
Result<CertificatePair> make_self_signed(const std::string& name);

}  // namespace sluice::control::nginx
