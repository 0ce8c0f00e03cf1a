#include "network_reach.hpp"

#include "judged_connect.hpp"

#include <gtest/gtest.h>

namespace sluice::control {
namespace {

TEST(NetworkReachTest, AddressesWhereCloudsKeepCredentialsAreNobodysReceivers)
{
    for (const auto* never :
         {"169.254.169.254", "0.0.0.0", "0.1.2.3", "224.0.0.1", "255.255.255.255", "fe80::1",
          "febf::1", "ff02::1", "::", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe",
          "fd00:ec2::254", "[fe80::1]"}) {
        EXPECT_EQ(reach_of(std::string(never)), Reach::never) << never;
    }
}

TEST(NetworkReachTest, PrivateNetworksAreInside)
{
    for (const auto* inside :
         {"127.0.0.1", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
          "::1", "[::1]", "fc00::1", "fd12::1", "::ffff:10.0.0.1"}) {
        EXPECT_EQ(reach_of(std::string(inside)), Reach::inside) << inside;
    }
    for (const auto* outside : {"8.8.8.8", "172.32.0.1", "192.0.2.1", "2001:db8::1",
                                "::ffff:8.8.8.8", "169.253.0.1", "100.128.0.1"}) {
        EXPECT_EQ(reach_of(std::string(outside)), Reach::anywhere) << outside;
    }
    EXPECT_FALSE(reach_of(std::string("example.com")));
}

TEST(NetworkReachTest, WhatIsInsideNeedsAPermissionAndSomeIsReachedNever)
{
    for (const bool allow_private : {true, false}) {
        EXPECT_TRUE(may_reach(Reach::anywhere, allow_private));
        EXPECT_EQ(may_reach(Reach::inside, allow_private), allow_private);
        EXPECT_FALSE(may_reach(Reach::never, allow_private));
    }
}

}  // namespace
}  // namespace sluice::control
