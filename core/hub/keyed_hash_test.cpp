#include "keyed_hash.hpp"

#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

constexpr std::uint64_t kKey[2]{0x0706050403020100, 0x0f0e0d0c0b0a0908};

/// The reference implementation's vectors: inputs 00, 01, 02 … under the key 00 … 0f.
TEST(HubKeyedHash, IsSipHashAsItsAuthorsPublishedIt)
{
    const std::string_view bytes("\0\1\2\3\4\5\6\7\10\11\12\13\14\15\16", 15);
    EXPECT_EQ(keyed_hash(bytes.substr(0, 0), kKey), 0x726fdb47dd0e0e31U);
    EXPECT_EQ(keyed_hash(bytes.substr(0, 1), kKey), 0x74f839c593dc67fdU);
    EXPECT_EQ(keyed_hash(bytes.substr(0, 8), kKey), 0x93f5f5799a932462U);
    EXPECT_EQ(keyed_hash(bytes, kKey), 0xa129ca6149be45e5U);
}

TEST(HubKeyedHash, AnotherKeyGivesAnotherHash)
{
    constexpr std::uint64_t kOther[2]{kKey[0], kKey[1] + 1};
    EXPECT_NE(keyed_hash("demo", kKey), keyed_hash("demo", kOther));
}

}  // namespace
}  // namespace sluice::hub
