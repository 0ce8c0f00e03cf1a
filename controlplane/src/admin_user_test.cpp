#include "admin_user.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>

#include "service/temporary_store.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class AdminUserTest : public testing::Test {
protected:
    ~AdminUserTest() override { fs::remove(file_); }

    Result<void> start(const std::string& given = "")
    {
        return ensure_admin(users_, passwords_, *store_, file_, given);
    }

    bool signs_in(const std::string& password)
    {
        const auto admin = users_.account_named("admin");
        return admin && *admin && (*admin)->enabled && (*admin)->role == Scope::admin &&
               *passwords_.matches(password, (*admin)->password_hash);
    }

    std::string written() const
    {
        std::ifstream in(file_);
        std::string line;
        std::getline(in, line);
        return line;
    }

    TemporaryStore store_;
    Passwords passwords_{{.kib = 64, .passes = 1}};
    Users users_{*store_, passwords_};
    fs::path file_ = fs::temp_directory_path() / ("sluice-admin-" + std::to_string(getpid()));
};

TEST_F(AdminUserTest, TheFirstStartMakesAnAdminAndWritesHisPasswordForItsOwnerOnly)
{
    ASSERT_TRUE(start());
    EXPECT_TRUE(signs_in(written()));
    struct stat facts = {};
    ASSERT_EQ(stat(file_.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600U);
}

TEST_F(AdminUserTest, LaterStartsWriteNothing)
{
    ASSERT_TRUE(start());
    const auto password = written();
    fs::remove(file_);
    ASSERT_TRUE(start());
    EXPECT_FALSE(fs::exists(file_));
    EXPECT_TRUE(signs_in(password));
}

TEST_F(AdminUserTest, AGivenPasswordIsWrittenNowhere)
{
    ASSERT_TRUE(start("given by the owner"));
    EXPECT_TRUE(signs_in("given by the owner"));
    EXPECT_FALSE(fs::exists(file_));
    const auto page = store_->list("", "", 100);
    for (const auto& entry : page->items) {
        EXPECT_EQ(entry.value.find("given by the owner"), std::string::npos) << entry.key;
    }
}

TEST_F(AdminUserTest, ANewGivenPasswordRecoversAnAccountThatWasLost)
{
    ASSERT_TRUE(start());
    const auto id = (*users_.account_named("admin"))->id;
    const json other{{"username", "bob"}, {"role", "admin"}, {"password", "bob's password"}};
    ASSERT_TRUE(users_.create(Caller::system("test"), other));
    ASSERT_TRUE(users_.patch(Caller::system("test"), id, {{"enabled", false}, {"role", "viewer"}}));
    ASSERT_TRUE(start("given by the owner"));
    EXPECT_TRUE(signs_in("given by the owner"));

    ASSERT_TRUE(users_.remove(Caller::system("test"), id));
    ASSERT_TRUE(start("given another time"));
    EXPECT_TRUE(signs_in("given another time"));
}

TEST_F(AdminUserTest, TheSameOneGivenAtEveryStartLeavesAChangedPasswordAlone)
{
    ASSERT_TRUE(start("given by the owner"));
    const auto id = (*users_.account_named("admin"))->id;
    ASSERT_TRUE(users_.patch(Caller::system("test"), id, {{"password", "chosen in the console"}}));
    ASSERT_TRUE(start("given by the owner"));
    EXPECT_TRUE(signs_in("chosen in the console"));
}

TEST_F(AdminUserTest, OneThatIsTooShortIsRefusedWithoutBeingRepeated)
{
    const auto done = start("short");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, Errc::invalid);
    EXPECT_EQ(done.error().detail, "SLUICE_ADMIN_PASSWORD must have 10 to 200 characters");
}

}  // namespace
}  // namespace sluice::control
