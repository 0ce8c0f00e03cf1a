#include "certificate.hpp"

#include <arpa/inet.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <memory>

namespace sluice::control::nginx {
namespace {

constexpr long kTenYears = 3650L * 24 * 3600;
/// RFC 5280, upper bound of a common name.
constexpr std::size_t kMaxCommonName = 64;

template <auto Free>
struct FreeBy {
    template <class T>
    void operator()(T* p) const
    {
        Free(p);
    }
};
using Bio = std::unique_ptr<BIO, FreeBy<BIO_free>>;
using Key = std::unique_ptr<EVP_PKEY, FreeBy<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, FreeBy<X509_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, FreeBy<X509_EXTENSION_free>>;

Bio reader(const std::string& text)
{
    return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

std::string text_of(BIO* bio)
{
    char* data = nullptr;
    const auto size = BIO_get_mem_data(bio, &data);
    return {data, static_cast<std::size_t>(size)};
}

/// A key with a passphrase is refused instead of asking the terminal for it.
int no_passphrase(char*, int, int, void*)
{
    return -1;
}

tl::unexpected<Error> wrong(const char* field, std::string message)
{
    ERR_clear_error();
    return fail(Errc::invalid, std::string(field) + ": " + message, {{field, message}});
}

CertificateFacts facts_of(X509* leaf)
{
    CertificateFacts facts;
    const Bio out(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(out.get(), X509_get_subject_name(leaf), 0, XN_FLAG_RFC2253);
    facts.subject = text_of(out.get());

    std::tm end{};
    ASN1_TIME_to_tm(X509_get0_notAfter(leaf), &end);
    facts.not_after_s = timegm(&end);
    facts.self_signed = X509_NAME_cmp(X509_get_subject_name(leaf), X509_get_issuer_name(leaf)) == 0;
    return facts;
}

bool add_extension(X509* certificate, int nid, const std::string& value)
{
    X509V3_CTX context;
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    const Extension extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool is_address(const std::string& name)
{
    std::array<unsigned char, 16> buffer;
    return inet_pton(AF_INET, name.c_str(), buffer.data()) == 1 ||
           inet_pton(AF_INET6, name.c_str(), buffer.data()) == 1;
}

std::string alternative_names(const std::string& name)
{
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
    if (!name.empty()) names += (is_address(name) ? ",IP:" : ",DNS:") + name;
    return names;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::string& name)
{
    std::array<unsigned char, 8> serial{};
    RAND_bytes(serial.data(), serial.size());
    std::uint64_t number = 0;
    for (const auto byte : serial) number = number << 8 | byte;

    const auto common = (name.empty() || name.size() > kMaxCommonName) ? "localhost" : name;
    auto* subject = X509_get_subject_name(certificate);
    return X509_set_version(certificate, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), number >> 1) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(certificate), -3600) != nullptr &&
           X509_gmtime_adj(X509_getm_notAfter(certificate), kTenYears) != nullptr &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8,
                                      reinterpret_cast<const unsigned char*>(common.c_str()), -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(certificate, subject) == 1 &&
           X509_set_pubkey(certificate, key) == 1 &&
           add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(certificate, NID_ext_key_usage, "serverAuth") &&
           add_extension(certificate, NID_subject_alt_name, alternative_names(name)) &&
           X509_sign(certificate, key, EVP_sha256()) > 0;
}

}  // namespace

Result<CertificateFacts> check(const CertificatePair& pair)
{
    const Certificate leaf(
        PEM_read_bio_X509(reader(pair.certificate).get(), nullptr, no_passphrase, nullptr));
    if (!leaf) return wrong("tls.certificate", "is not a certificate in PEM form");

    const Key key(
        PEM_read_bio_PrivateKey(reader(pair.private_key).get(), nullptr, no_passphrase, nullptr));
    if (!key)
        return wrong("tls.private_key", "is not a private key in PEM form without passphrase");
    if (X509_check_private_key(leaf.get(), key.get()) != 1) {
        return wrong("tls.private_key", "does not belong to the certificate");
    }
    return facts_of(leaf.get());
}

Result<CertificatePair> make_self_signed(const std::string& name)
{
    const Key key(EVP_EC_gen("P-256"));
    const Certificate certificate(X509_new());
    if (!key || !certificate || !fill(certificate.get(), key.get(), name)) {
        ERR_clear_error();
        return fail(Errc::internal, "a self-signed certificate could not be made");
    }
    const Bio public_part(BIO_new(BIO_s_mem()));
    const Bio private_part(BIO_new(BIO_s_mem()));
    PEM_write_bio_X509(public_part.get(), certificate.get());
    PEM_write_bio_PrivateKey(private_part.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return CertificatePair{text_of(public_part.get()), text_of(private_part.get())};
}

}  // namespace sluice::control::nginx
