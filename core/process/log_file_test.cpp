#include "log_file.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include "core/channel/temporary_folder.hpp"

namespace sluice::process {
namespace {

using channel::TemporaryFolder;

constexpr std::uintmax_t kLimit = 1u << 20;

TEST(LogFile, AppendsToWhatIsThere)
{
    const TemporaryFolder folder;
    folder.write("a.log", "before\n");

    LogFile(folder.path() / "a.log", kLimit, 3).write("after\n");

    EXPECT_EQ(folder.read("a.log"), "before\nafter\n");
}

TEST(LogFile, AFullOneMovesAsideAndTheOldestIsLost)
{
    const TemporaryFolder folder;
    for (int i = 1; i <= 5; ++i) {
        folder.write("a.log", std::to_string(i));
        EXPECT_TRUE(rotate(folder.path() / "a.log", 1, 3));
    }

    EXPECT_EQ(folder.read("a.log.1"), "5");
    EXPECT_EQ(folder.read("a.log.3"), "3");
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.log.4"));
    EXPECT_FALSE(std::filesystem::exists(folder.path() / "a.log"));
}

TEST(LogFile, ASmallOneStays)
{
    const TemporaryFolder folder;
    folder.write("a.log", "123");

    EXPECT_FALSE(rotate(folder.path() / "a.log", 4, 3));
    EXPECT_EQ(folder.read("a.log"), "123");
}

TEST(LogFile, NeverGrowsFarBeyondItsLimit)
{
    const TemporaryFolder folder;
    LogFile log(folder.path() / "a.log", kLimit, 3);
    const std::string block(1 << 16, 'x');
    for (std::uintmax_t written = 0; written <= kLimit + block.size(); written += block.size())
        log.write(block);

    EXPECT_TRUE(std::filesystem::exists(folder.path() / "a.log.1"));
    EXPECT_LT(std::filesystem::file_size(folder.path() / "a.log"), kLimit);
}

TEST(LogFile, AFifoThatNobodyReadsHoldsNothingUp)
{
    const TemporaryFolder folder;
    ASSERT_EQ(mkfifo((folder.path() / "a.log").c_str(), 0600), 0);

    LogFile(folder.path() / "a.log", kLimit, 3).write("lost\n");
}

TEST(LogFile, AFolderThatIsGoneIsNoFailure)
{
    LogFile log("/nonexistent/folder/a.log", kLimit, 3);

    log.write("lost\n");

    EXPECT_FALSE(std::filesystem::exists("/nonexistent/folder/a.log"));
}

}  // namespace
}  // namespace sluice::process
