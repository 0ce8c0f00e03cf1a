#include "snapshot.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <map>
#include <set>

#include "core/auth/digest.hpp"
#include "core/channel/snapshot_writer.hpp"
#include "core/channel/temporary_folder.hpp"

namespace sluice::channel {
namespace {

namespace fs = std::filesystem;
using Records = std::map<std::string, std::vector<std::uint8_t>>;

Channel channel(std::string id, std::uint64_t version = 1)
{
    Channel c{.id = std::move(id), .version = version};
    c.ingest.key = "0123456789abcdef0123456789abcdef";
    c.playback.key = "fedcba9876543210fedcba9876543210";
    c.playback.allow_origins = {"https://example.com"};
    return c;
}

Records records(std::size_t count)
{
    Records out;
    for (std::size_t i = 0; i < count; ++i) {
        const auto id = "channel-" + std::to_string(i);
        out[id] = encode(channel(id, i));
    }
    return out;
}

Result<Manifest> write(const fs::path& dir, std::uint64_t generation, const Records& records)
{
    auto it = records.begin();
    return write_snapshot(dir, generation, [&]() -> std::optional<SnapshotRecord> {
        if (it == records.end()) return std::nullopt;
        const auto& [id, bytes] = *it++;
        return SnapshotRecord{id, bytes};
    });
}

std::set<std::string> files(const TemporaryFolder& folder)
{
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder.path()))
        names.insert(entry.path().filename());
    return names;
}

std::string sha256(const std::string& bytes)
{
    auth::Sha256 hash;
    hash.update({reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()});
    return auth::to_hex(hash.finish());
}

TEST(Snapshot, EveryChannelThatWasWrittenIsFoundAndNoOther)
{
    const TemporaryFolder folder;
    const auto manifest = write(folder.path(), 17, records(1000));
    ASSERT_TRUE(manifest);
    EXPECT_EQ(manifest->file, "channels-17.mdb");

    const auto snapshot = Snapshot::open(folder.path());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->generation(), 17);
    EXPECT_EQ(snapshot->size(), 1000);
    for (std::size_t i = 0; i < 1000; ++i) {
        const auto id = "channel-" + std::to_string(i);
        const auto found = snapshot->find(id);
        ASSERT_TRUE(found && *found) << id;
        EXPECT_EQ(**found, channel(id, i));
    }
    for (const auto& absent : {std::string("channel-1000"), std::string("channel"), std::string(),
                               std::string(2000, 'x'), std::string("channel-1\0", 10)}) {
        const auto found = snapshot->find(absent);
        ASSERT_TRUE(found) << absent;
        EXPECT_FALSE(*found) << absent;
    }
}

TEST(Snapshot, ChannelsThatArePulledInAreListedAndNoChannelOfTheirOwn)
{
    const TemporaryFolder folder;
    const std::vector<Hook> pull{
        {.name = "pull", .feed = Feed::none, .argv = {"/bin/true"}, .outputs = {{}}}};
    const std::vector<Hook> other{{.name = "relay-1", .argv = {"/bin/true"}}};
    auto all = records(3);
    all["channel-1"] = encode(channel("channel-1"), pull);
    all["channel-2"] = encode(channel("channel-2"), other);
    all["zz"] = encode(channel("zz"), pull);
    ASSERT_TRUE(write(folder.path(), 1, all));
    const auto snapshot = Snapshot::open(folder.path());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(*snapshot->pulled(), (std::vector<std::string>{"channel-1", "zz"}));
    EXPECT_EQ(snapshot->size(), 4U);
    EXPECT_EQ(snapshot->find_hooks("zz")->size(), 1U);
    EXPECT_TRUE(snapshot->find_hooks("nobody")->empty());
    std::size_t seen = 0;
    ASSERT_TRUE(snapshot->each([&](auto, auto) { ++seen; }));
    EXPECT_EQ(seen, 4U);
}

TEST(Snapshot, OneWithoutChannelsIsWhole)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 1, {}));
    const auto snapshot = Snapshot::open(folder.path());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->size(), 0);
    EXPECT_EQ(*snapshot->find("demo"), std::nullopt);
}

TEST(Snapshot, TheManifestTellsSizeAndHashOfTheFile)
{
    const TemporaryFolder folder;
    const auto manifest = write(folder.path(), 3, records(10));
    ASSERT_TRUE(manifest);
    const auto bytes = folder.read("channels-3.mdb");
    EXPECT_EQ(manifest->size, bytes.size());
    EXPECT_EQ(manifest->sha256, sha256(bytes));
    EXPECT_EQ(*read_manifest(folder.path()), *manifest);
    EXPECT_LT(bytes.size(), 64 * 1024);
}

TEST(Snapshot, TheFileIsNotReadableByEverybody)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 3, records(1)));
    struct stat status {};
    ASSERT_EQ(::stat((folder.path() / "channels-3.mdb").c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 07, 0);
}

TEST(Snapshot, TheTwoNewestFilesAreKeptAndAReaderOfAnOlderOneGoesOn)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 1, records(50)));
    const auto old = Snapshot::open(folder.path());
    ASSERT_TRUE(old);
    for (const auto generation : {2, 5, 6}) {
        ASSERT_TRUE(write(folder.path(), generation, records(generation)));
    }
    folder.write("channels-6.mdb.bak", "kept: not ours");
    ASSERT_TRUE(write(folder.path(), 7, records(7)));
    EXPECT_EQ(files(folder), (std::set<std::string>{"channels-6.mdb", "channels-6.mdb.bak",
                                                    "channels-7.mdb", "manifest.json"}));
    EXPECT_TRUE(*old->find("channel-49"));
}

TEST(Snapshot, MovingOneOverAnotherClosesTheOldAndKeepsTheNew)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 1, records(1)));
    auto current = Snapshot::open(folder.path());
    ASSERT_TRUE(write(folder.path(), 2, records(2)));
    auto next = Snapshot::open(folder.path());
    ASSERT_TRUE(current && next);
    *current = std::move(*next);
    EXPECT_EQ(current->generation(), 2);
    EXPECT_TRUE(*current->find("channel-1"));
}

TEST(SnapshotWriter, GenerationsOnlyRise)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 5, records(1)));
    for (const auto generation : {4, 5}) {
        const auto refused = write(folder.path(), generation, records(2));
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::out_of_order);
    }
    EXPECT_EQ(read_manifest(folder.path())->generation, 5);
    EXPECT_EQ(Snapshot::open(folder.path())->size(), 1);
}

TEST(SnapshotWriter, IdsOutOfOrderLeaveTheOldSnapshotInForce)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 1, records(3)));
    const auto before = files(folder);
    const auto bytes = encode(channel("x"));
    for (const auto& order :
         {std::vector<std::string>{"b", "a"}, std::vector<std::string>{"a", "a"}}) {
        auto it = order.begin();
        const auto refused =
            write_snapshot(folder.path(), 2, [&]() -> std::optional<SnapshotRecord> {
                if (it == order.end()) return std::nullopt;
                return SnapshotRecord{*it++, bytes};
            });
        ASSERT_FALSE(refused);
        EXPECT_EQ(refused.error().code, Errc::out_of_order);
    }
    EXPECT_EQ(files(folder), before);
    EXPECT_EQ(Snapshot::open(folder.path())->generation(), 1);
}

TEST(SnapshotWriter, AnEmptyOrOverlongIdIsALimitAndAnAbsentFolderAnIoError)
{
    const TemporaryFolder folder;
    EXPECT_EQ(write(folder.path(), 1, {{"", {1}}}).error().code, Errc::limit);
    EXPECT_EQ(write(folder.path(), 1, {{std::string(600, 'x'), {1}}}).error().code, Errc::limit);
    EXPECT_EQ(write(folder.path() / "absent", 1, records(1)).error().code, Errc::io);
}

TEST(SnapshotWriter, WhatAKilledWriterLeftIsInNobodysWay)
{
    const TemporaryFolder folder;
    folder.write(".channels.mdb.new", "half a file");
    folder.write(".manifest.json.new", "{");
    folder.write("channels-9.mdb", "renamed, but its manifest was not");
    ASSERT_TRUE(write(folder.path(), 8, records(1)));
    EXPECT_EQ(files(folder), (std::set<std::string>{"channels-8.mdb", "manifest.json"}));
    EXPECT_EQ(Snapshot::open(folder.path())->generation(), 8);
}

TEST(SnapshotWriter, LargeRecordsSurvive)
{
    const TemporaryFolder folder;
    auto big = channel("big");
    for (int i = 0; i < 2000; ++i) {
        big.playback.allow_origins.push_back("https://" + std::to_string(i) + ".example.com");
    }
    ASSERT_TRUE(
        write(folder.path(), 1, {{"big", encode(big)}, {"small", encode(channel("small"))}}));
    const auto snapshot = Snapshot::open(folder.path());
    EXPECT_EQ(**snapshot->find("big"), big);
    EXPECT_EQ(**snapshot->find("small"), channel("small"));
}

class DamagedSnapshot : public testing::Test {
protected:
    void SetUp() override
    {
        ASSERT_TRUE(write(folder_.path(), 1, records(300)));
        bytes_ = folder_.read("channels-1.mdb");
    }

    void expect_refused(const std::string& damaged, std::size_t at) const
    {
        folder_.write("channels-1.mdb", damaged);
        const auto refused = Snapshot::open(folder_.path());
        ASSERT_FALSE(refused) << at;
        EXPECT_EQ(refused.error().code, Errc::malformed) << at;
    }

    TemporaryFolder folder_;
    std::string bytes_;
};

TEST_F(DamagedSnapshot, TruncatedAtEvery997thByteIsRefused)
{
    for (std::size_t n = 0; n < bytes_.size(); n += 997) expect_refused(bytes_.substr(0, n), n);
    expect_refused(bytes_ + '\0', bytes_.size());
}

TEST_F(DamagedSnapshot, AFlippedBitAtEvery997thByteIsRefused)
{
    for (std::size_t n = 0; n < bytes_.size(); n += 997) {
        auto damaged = bytes_;
        damaged[n] = static_cast<char>(damaged[n] ^ (1 << n % 8));
        expect_refused(damaged, n);
    }
}

TEST_F(DamagedSnapshot, OneThatShrankBeforeItsManifestWasMadeIsRefusedNotMapped)
{
    for (std::size_t n = 0; n < bytes_.size(); n += 1024) {
        const auto cut = bytes_.substr(0, n);
        folder_.write("channels-1.mdb", cut);
        folder_.write("manifest.json", to_json({.generation = 1,
                                                .file = "channels-1.mdb",
                                                .size = cut.size(),
                                                .sha256 = sha256(cut)}));
        EXPECT_FALSE(Snapshot::open(folder_.path())) << n;
    }
}

TEST_F(DamagedSnapshot, AFileThatIsAbsentALinkOrAFolderIsRefused)
{
    const auto path = folder_.path() / "channels-1.mdb";
    fs::rename(path, folder_.path() / "elsewhere");
    EXPECT_EQ(Snapshot::open(folder_.path()).error().code, Errc::io);
    fs::create_symlink("elsewhere", path);
    EXPECT_FALSE(Snapshot::open(folder_.path()));
    fs::remove(path);
    fs::create_directory(path);
    EXPECT_FALSE(Snapshot::open(folder_.path()));
}

TEST_F(DamagedSnapshot, ARecordThatIsNoChannelSpoilsOnlyItself)
{
    ASSERT_TRUE(write(folder_.path(), 2,
                      {{"alias", encode(channel("other"))},
                       {"bad", {1, 2, 3}},
                       {"good", encode(channel("good"))}}));
    const auto snapshot = Snapshot::open(folder_.path());
    ASSERT_TRUE(snapshot);
    EXPECT_EQ(snapshot->find("bad").error().code, Errc::malformed);
    EXPECT_EQ(snapshot->find("alias").error().code, Errc::malformed);
    EXPECT_TRUE(*snapshot->find("good"));
}

TEST(Snapshot, ReadersThatOpenWhileSnapshotsAreReplacedAlwaysGetAWholeOne)
{
    const TemporaryFolder folder;
    ASSERT_TRUE(write(folder.path(), 1, records(20)));
    const auto writer = ::fork();
    ASSERT_GE(writer, 0);
    if (writer == 0) {
        const auto some = records(20);
        for (std::uint64_t generation = 2; generation <= 60; ++generation)
            if (!write(folder.path(), generation, some)) ::_exit(1);
        ::_exit(0);
    }
    int status = -1;
    std::uint64_t last = 0;
    while (::waitpid(writer, &status, WNOHANG) == 0) {
        const auto snapshot = Snapshot::open(folder.path());
        ASSERT_TRUE(snapshot) << snapshot.error().where;
        EXPECT_GE(snapshot->generation(), last);
        last = snapshot->generation();
        EXPECT_TRUE(*snapshot->find("channel-7"));
    }
    EXPECT_EQ(status, 0);
    EXPECT_EQ(Snapshot::open(folder.path())->generation(), 60);
}

TEST(Snapshot, EachRecordComesInOrderWithItsBytes)
{
    const TemporaryFolder folder;
    const auto written = records(300);
    ASSERT_TRUE(write(folder.path(), 1, written));
    Records seen;
    std::string last;
    const auto done = Snapshot::open(folder.path())
                          ->each([&](std::string_view id, std::span<const std::uint8_t> bytes) {
                              EXPECT_LT(last, id);
                              last = id;
                              seen[last].assign(bytes.begin(), bytes.end());
                          });
    ASSERT_TRUE(done);
    EXPECT_EQ(seen, written);
}

TEST(Snapshot, AManifestKeepsWhatItWasMadeFrom)
{
    const TemporaryFolder folder;
    const auto none = []() -> std::optional<SnapshotRecord> { return std::nullopt; };
    ASSERT_TRUE(write_snapshot(folder.path(), 1, none, "store-17"));
    EXPECT_EQ(Snapshot::open(folder.path())->source(), "store-17");
    ASSERT_TRUE(write_snapshot(folder.path(), 2, none));
    EXPECT_EQ(Snapshot::open(folder.path())->source(), "");
    auto manifest = *read_manifest(folder.path());
    manifest.source = std::string(257, 'x');
    EXPECT_FALSE(parse_manifest(to_json(manifest)));
}

}  // namespace
}  // namespace sluice::channel
