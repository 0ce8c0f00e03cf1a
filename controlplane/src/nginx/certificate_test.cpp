#include "certificate.hpp"

#include <gtest/gtest.h>

#include <ctime>

namespace sluice::control::nginx {
namespace {

CertificatePair made(const std::string& name = "live.example.com")
{
    return make_self_signed(name).value();
}

TEST(Certificate, SelfSignedOneIsGoodForYears)
{
    const auto facts = check(made());

    ASSERT_TRUE(facts) << facts.error().detail;
    EXPECT_EQ(facts->subject, "CN=live.example.com");
    EXPECT_TRUE(facts->self_signed);
    EXPECT_GT(facts->not_after_s, std::time(nullptr) + 9L * 365 * 86400);
}

TEST(Certificate, NameMayBeAnAddressOrTooLongForACommonName)
{
    EXPECT_TRUE(check(made("192.0.2.7")));
    EXPECT_TRUE(check(made("2001:db8::7")));
    EXPECT_TRUE(check(made(std::string(60, 'a') + "." + std::string(60, 'b') + ".example")));
    EXPECT_TRUE(check(made("")));
}

TEST(Certificate, KeyOfAnotherCertificateIsRefused)
{
    const auto facts = check({made().certificate, made().private_key});

    ASSERT_FALSE(facts);
    ASSERT_EQ(facts.error().fields.size(), 1u);
    EXPECT_EQ(facts.error().fields[0].field, "tls.private_key");
    EXPECT_EQ(facts.error().code, Errc::invalid);
}

TEST(Certificate, TextThatIsNoPemIsRefusedByField)
{
    const auto good = made();

    EXPECT_EQ(check({"hello", good.private_key}).error().fields[0].field, "tls.certificate");
    EXPECT_EQ(check({good.certificate, "hello"}).error().fields[0].field, "tls.private_key");
    EXPECT_EQ(check({good.certificate.substr(0, 100), good.private_key}).error().fields[0].field,
              "tls.certificate");
    EXPECT_EQ(check({good.private_key, good.certificate}).error().fields[0].field,
              "tls.certificate");
}

}  // namespace
}  // namespace sluice::control::nginx
