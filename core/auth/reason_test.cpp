#include "reason.hpp"

#include <gtest/gtest.h>

namespace sluice::auth {
namespace {

TEST(Reason, NamesAreThoseOtherPartsRelyOn)
{
    EXPECT_EQ(to_string(Reason::bad_name), "bad_name");
    EXPECT_EQ(to_string(Reason::signature_expired), "signature_expired");
    EXPECT_EQ(to_string(Reason::already_publishing), "already_publishing");
    EXPECT_EQ(to_string(Reason::viewer_limit), "viewer_limit");
    EXPECT_EQ(to_string(Reason::unpublished), "unpublished");
    EXPECT_EQ(to_string(Reason::key_rotated), "key_rotated");
    EXPECT_EQ(to_string(Reason::shutdown), "shutdown");
}

TEST(Reason, EveryNameLeadsBackToItsReason)
{
    for (std::size_t i = 0; i < kReasonNames.size(); ++i) {
        const auto reason = reason_from(kReasonNames[i]);
        ASSERT_TRUE(reason);
        EXPECT_EQ(static_cast<std::size_t>(*reason), i);
    }
    EXPECT_EQ(reason_from("no_such_reason"), std::nullopt);
}

TEST(Reason, ANumberThatIsNoneHasANameToo)
{
    EXPECT_EQ(to_string(static_cast<Reason>(255)), "unknown");
}

}  // namespace
}  // namespace sluice::auth
