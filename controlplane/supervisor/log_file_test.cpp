#include "log_file.hpp"

#include <gtest/gtest.h>

#include "core/channel/temporary_folder.hpp"

namespace sluice::supervisor {
namespace {

using channel::TemporaryFolder;

TEST(LogFile, AppendsToWhatIsThere)
{
    const TemporaryFolder folder;
    folder.write("a.log", "before\n");

    LogFile(folder.path() / "a.log").write("after\n");

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
    LogFile log(folder.path() / "a.log");
    const std::string block(1 << 20, 'x');
    for (std::uintmax_t written = 0; written <= kLogLimit + block.size(); written += block.size())
        log.write(block);

    EXPECT_TRUE(std::filesystem::exists(folder.path() / "a.log.1"));
    EXPECT_LT(std::filesystem::file_size(folder.path() / "a.log"), kLogLimit);
}

TEST(LogFile, AFolderThatIsGoneIsNoFailure)
{
    LogFile log("/nonexistent/folder/a.log");

    log.write("lost\n");

    EXPECT_FALSE(std::filesystem::exists("/nonexistent/folder/a.log"));
}

}  // namespace
}  // namespace sluice::supervisor
