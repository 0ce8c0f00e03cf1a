#include "signature.hpp"

#include <gtest/gtest.h>

namespace sluice::control::events {
namespace {

// Made with: printf '1766000000.{"a":1}' | openssl dgst -sha256 -hmac SECRET
TEST(SignatureTest, EachLiveSecretSignsTimeAndBody)
{
    EXPECT_EQ(signature({"whsec_new", "whsec_old"}, 1766000000, "{\"a\":1}"),
              "t=1766000000"
              ",v1=cc3501006be4e29c6331c96aa506494d6706041ae2b866bd0da6a5ce684daaa7"
              ",v1=af402b578f220962629761a15d3319db10c643063840ce127f9463ddec5f3aec");
}

}  // namespace
}  // namespace sluice::control::events
