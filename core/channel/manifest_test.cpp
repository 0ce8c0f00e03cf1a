#include "manifest.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <limits>

#include "core/channel/temporary_folder.hpp"

namespace sluice::channel {
namespace {

Manifest example()
{
    return {
        .generation = 17, .file = "channels-17.mdb", .size = 40960, .sha256 = std::string(64, 'a')};
}

std::string with(const std::string& from, const std::string& to)
{
    auto text = to_json(example());
    const auto at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Manifest, WhatIsWrittenIsReadBack)
{
    for (const auto generation : {std::uint64_t{0}, std::numeric_limits<std::uint64_t>::max()}) {
        auto manifest = example();
        manifest.generation = generation;
        const auto back = parse_manifest(to_json(manifest));
        ASSERT_TRUE(back);
        EXPECT_EQ(*back, manifest);
    }
}

TEST(Manifest, MembersOfALaterVersionArePassedOver)
{
    EXPECT_TRUE(parse_manifest(with("{", R"({"shard":{"of":3},)")));
}

TEST(Manifest, EveryCutIsRefused)
{
    const auto text = to_json(example());
    for (std::size_t n = 0; n < text.find('}'); ++n) {
        EXPECT_FALSE(parse_manifest(text.substr(0, n))) << n;
    }
}

TEST(Manifest, ValuesOfTheWrongKindAreRefused)
{
    for (const auto& [from, to] : std::initializer_list<std::pair<const char*, const char*>>{
             {"17,", "-17,"},
             {"17,", "\"17\","},
             {"17,", "17.5,"},
             {"17,", "18446744073709551616,"},
             {"40960", "null"},
             {"40960", "-1"},
             {"\"channels-17.mdb\"", "17"},
             {"\"generation\"", "\"Generation\""},
             {"\"sha256\"", "\"sha1\""},
             {"aaaa", "AAAA"},
             {"aaaa", "aaa"},
             {"aaaa", "aaag"}}) {
        const auto refused = parse_manifest(with(from, to));
        ASSERT_FALSE(refused) << from << " -> " << to;
        EXPECT_EQ(refused.error().code, Errc::malformed);
    }
    for (const auto* text : {"", "null", "[]", "17", "\"x\"", "{}", "\xff\xfe", "{\"a\":1}{}"}) {
        EXPECT_FALSE(parse_manifest(text)) << text;
    }
}

TEST(Manifest, AFileNameCanNotLeadOutOfTheFolder)
{
    for (const auto* name : {"", ".", "..", "../x.mdb", "/etc/passwd", "a/b", ".hidden",
                             "channels-17.mdb\\u0000", "a\\\\b"}) {
        EXPECT_FALSE(parse_manifest(with("channels-17.mdb", name))) << name;
    }
}

TEST(Manifest, NestingAndSizeAreBounded)
{
    EXPECT_FALSE(parse_manifest(std::string(4000, '[')));
    EXPECT_FALSE(parse_manifest(to_json(example()) + std::string(5000, ' ')));
}

TEST(Manifest, AFolderWithoutOneAndOneThatIsNoFileAreErrors)
{
    const TemporaryFolder folder;
    EXPECT_EQ(read_manifest(folder.path()).error().code, Errc::io);
    EXPECT_EQ(read_manifest(folder.path() / "absent").error().code, Errc::io);
    ASSERT_EQ(::mkfifo((folder.path() / kManifestName).c_str(), 0600), 0);
    EXPECT_FALSE(read_manifest(folder.path()));
    std::filesystem::remove(folder.path() / kManifestName);
    folder.write("elsewhere.json", to_json(example()));
    std::filesystem::create_symlink("elsewhere.json", folder.path() / kManifestName);
    EXPECT_FALSE(read_manifest(folder.path()));
}

}  // namespace
}  // namespace sluice::channel
