#include "address.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

namespace sluice::auth {
namespace {

nlohmann::json vectors()
{
    std::ifstream file(SLUICE_TEST_VECTORS "/addresses.json");
    return nlohmann::json::parse(file);
}

TEST(Address, EveryVectorIsInItsRangeOrNot)
{
    const auto rows = vectors().at("contains");
    for (const auto& row : rows) {
        const auto range = parse_cidr(row.at(0).get<std::string>());
        const auto address = parse_address(row.at(1).get<std::string>());
        ASSERT_TRUE(range && address) << row;
        EXPECT_EQ(range->contains(*address), row.at(2).get<bool>()) << row;
    }
}

TEST(Address, EveryMalformedVectorIsRefused)
{
    const auto rows = vectors().at("malformed");
    for (const std::string text : rows) {
        EXPECT_FALSE(parse_cidr(text)) << text;
    }
}

TEST(Address, AMappedAddressIsTheIpv4Address)
{
    const std::array<std::uint8_t, 4> v4{192, 0, 2, 1};
    EXPECT_EQ(*parse_address("::ffff:192.0.2.1"), *parse_address("192.0.2.1"));
    EXPECT_EQ(Address::v4(v4), *parse_address("192.0.2.1"));
    EXPECT_TRUE(Address::v4(v4).is_v4());
    EXPECT_FALSE(parse_address("::192.0.2.1")->is_v4());
}

TEST(Address, RangesAreWrittenTheWayTheyAreKept)
{
    EXPECT_EQ(to_string(*parse_cidr("192.0.2.77/24")), "192.0.2.0/24");
    EXPECT_EQ(to_string(*parse_cidr("192.0.2.77")), "192.0.2.77");
    EXPECT_EQ(to_string(*parse_cidr("192.0.2.77/32")), "192.0.2.77");
    EXPECT_EQ(to_string(*parse_cidr("::ffff:10.0.0.0/104")), "10.0.0.0/8");
    EXPECT_EQ(to_string(*parse_cidr("2001:DB8:0::1/32")), "2001:db8::/32");
    EXPECT_EQ(to_string(*parse_cidr("0.0.0.0/0")), "0.0.0.0/0");
    EXPECT_EQ(to_string(*parse_cidr("::/0")), "::/0");
}

TEST(Address, AListHoldsWhatAnyOfItsRangesHolds)
{
    const std::array list{*parse_cidr("10.0.0.0/8"), *parse_cidr("2001:db8::/32")};
    EXPECT_TRUE(contains(list, *parse_address("10.2.3.4")));
    EXPECT_TRUE(contains(list, *parse_address("2001:db8::9")));
    EXPECT_FALSE(contains(list, *parse_address("192.0.2.1")));
    EXPECT_FALSE(contains({}, *parse_address("10.2.3.4")));
}

}  // namespace
}  // namespace sluice::auth
