#include "admin_token.hpp"
#include "core/channel/temporary_folder.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>

namespace sluice::control {
namespace {

namespace fs = std::filesystem;

class AdminTokenTest : public testing::Test {
protected:
    fs::path file() const { return folder_ / "admin-token"; }

    const channel::TemporaryFolder own_;
    const fs::path folder_ = own_.path();
};

TEST_F(AdminTokenTest, IsMadeOnceAndKeptForItsOwnerOnly)
{
    const auto first = admin_token(file(), "");
    ASSERT_TRUE(first);
    EXPECT_EQ(first->size(), 64U);
    EXPECT_EQ(*admin_token(file(), ""), *first);
    EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AdminTokenTest, TheOneGivenReplacesTheOneInTheFile)
{
    ASSERT_TRUE(admin_token(file(), ""));
    EXPECT_EQ(*admin_token(file(), "mine"), "mine");
    EXPECT_EQ(*admin_token(file(), ""), "mine");
}

TEST_F(AdminTokenTest, AFileThatOthersCouldReadIsClosedToThem)
{
    std::ofstream(file()) << "mine\n";
    fs::permissions(file(), fs::perms::all);
    EXPECT_EQ(*admin_token(file(), ""), "mine");
    EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
}

TEST_F(AdminTokenTest, OneThatNoHeaderCouldCarryIsRefused)
{
    EXPECT_FALSE(admin_token(file(), "with space"));
    EXPECT_FALSE(admin_token(file(), "new\nline"));
    EXPECT_FALSE(fs::exists(file()));
}

}  // namespace
}  // namespace sluice::control
