#include "settings.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>

#include <atomic>
#include <set>
#include <thread>

#include "../nginx/file.hpp"
#include "../nginx/listen_port.hpp"
#include "../nginx/stand_in_nginx.hpp"
#include "../store/lmdb_store.hpp"
#include "core/channel/temporary_folder.hpp"
#include "settings_schema.hpp"

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

const auto kTester = Caller::system("test");

class SettingsTest : public testing::Test {
protected:
    SettingsTest()
        : store_(store::LmdbStore::open(dir() / "control.mdb", 16u << 20).value()),
          socket_(dir() / "run/control.sock"),
          activation_({.dir = dir(),
                       .nginx = "/bin/true",
                       .nginx_modules = "/usr/lib/nginx/modules",
                       .sluice_module = "/opt/ngx_sluice_module.so",
                       .templates = SLUICE_SOURCE_DIR "/nginx-conf",
                       .web = "/opt/web"},
                      socket_),
          flags_{{"workers", 2}}
    {
        for (const auto* name : {"http_port", "https_port", "rtmp_port", "rtmps_port"}) {
            flags_[name] = nginx::free_loopback_port();
        }
    }

    fs::path dir() const { return folder_.path(); }
    std::string in_force() const
    {
        return nginx::read_file(dir() / "nginx/current/nginx.conf").value_or("");
    }

    std::unique_ptr<Settings> started(const json& flags, bool restarted = false)
    {
        auto settings = std::make_unique<Settings>(*store_, activation_, *journal_);
        const auto done = settings->start(flags, restarted);
        EXPECT_TRUE(done) << done.error().detail;
        return settings;
    }

    const channel::TemporaryFolder folder_;
    std::unique_ptr<store::LmdbStore> store_;
    const nginx::ControlSocket socket_;
    nginx::Activation activation_;
    json flags_;
    Result<Journal> journal_ = Journal::open(*store_);
};

TEST_F(SettingsTest, FirstStartTakesTheFlagsAndMakesACertificate)
{
    const auto settings = started(flags_);

    const auto shown = settings->get();
    EXPECT_EQ(shown["http_port"], flags_["http_port"]);
    EXPECT_EQ(shown["workers"], 2);
    EXPECT_EQ(shown["tls"]["self_signed"], true);
    EXPECT_FALSE(shown["tls"].contains("private_key"));
    EXPECT_EQ(shown["version"], *store_->revision());
    EXPECT_NE(in_force().find("worker_processes 2;"), std::string::npos);
    EXPECT_EQ(fs::status(dir() / "tls/self-signed.key").permissions(), fs::perms(0600));
}

TEST_F(SettingsTest, EveryWrongFieldIsNamed)
{
    const auto settings = started(flags_);
    const auto version = settings->get()["version"];

    const auto answer = settings->patch(kTester, {{"http_port", 0},
                                                  {"workers", 5000},
                                                  {"limits", {{"max_body_bytes", 1}}},
                                                  {"public_host", "http://x/"},
                                                  {"colour", 1}});

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid);
    std::set<std::string> fields;
    for (const auto& wrong : answer.error().fields) fields.insert(wrong.field);
    EXPECT_EQ(fields, (std::set<std::string>{"http_port", "workers", "limits.max_body_bytes",
                                             "public_host", "colour"}));
    EXPECT_EQ(settings->get()["version"], version);
}

TEST_F(SettingsTest, TwoPortsCantBeTheSame)
{
    const auto settings = started(flags_);

    const auto answer = settings->patch(kTester, {{"https_port", flags_["http_port"]}});

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().fields.at(0).field, "https_port");
}

TEST_F(SettingsTest, AChangeIsInForceAndStored)
{
    started(flags_)->patch(kTester, {{"limits", {{"worker_connections", 3333}}}}).value();

    EXPECT_NE(in_force().find("worker_connections 3333;"), std::string::npos);
    const auto again = started(json::object());
    EXPECT_EQ(again->get()["limits"]["worker_connections"], 3333);
    EXPECT_EQ(again->get()["http_port"], flags_["http_port"]);
}

TEST_F(SettingsTest, AStaleVersionIsRefused)
{
    const auto settings = started(flags_);
    const std::uint64_t version = settings->get()["version"];
    const IfMatch one_of{.any = false, .versions = {version, version + 8}};
    ASSERT_TRUE(settings->patch(kTester, {{"public_host", "a.example"}}, one_of));

    const auto answer = settings->patch(kTester, {{"public_host", "b.example"}}, one_of);

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::precondition);
    EXPECT_EQ(settings->get()["public_host"], "a.example");
}

TEST_F(SettingsTest, WhatNginxRefusesIsNotStored)
{
    const auto settings = started(flags_);
    const int other = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    socklen_t size = sizeof any;
    ASSERT_EQ(bind(other, reinterpret_cast<sockaddr*>(&any), size), 0);
    ASSERT_EQ(listen(other, 1), 0);
    getsockname(other, reinterpret_cast<sockaddr*>(&any), &size);

    const auto answer = settings->patch(kTester, {{"rtmp_port", ntohs(any.sin_port)}});
    close(other);

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::conflict);
    EXPECT_NE(answer.error().detail.find("address already in use"), std::string::npos);
    EXPECT_EQ(settings->get()["rtmp_port"], flags_["rtmp_port"]);
    EXPECT_EQ(started(json::object())->get()["rtmp_port"], flags_["rtmp_port"]);
}

TEST_F(SettingsTest, FlagsOfARestartedProcessDontUndoWhatTheApiChanged)
{
    const auto other = nginx::free_loopback_port();
    ASSERT_TRUE(started(flags_)->patch(kTester, {{"http_port", other}}));

    EXPECT_EQ(started(flags_, true)->get()["http_port"], other);
    EXPECT_EQ(started(flags_, false)->get()["http_port"], flags_["http_port"]);
}

TEST_F(SettingsTest, CertificateAndKeyMustFit)
{
    const auto settings = started(flags_);
    const auto one = nginx::make_self_signed("one.example").value();
    const auto two = nginx::make_self_signed("two.example").value();

    EXPECT_FALSE(settings->patch(kTester, {{"tls", {{"certificate", one.certificate}}}}));
    EXPECT_FALSE(settings->patch(
        kTester, {{"tls", {{"certificate", one.certificate}, {"private_key", two.private_key}}}}));
    const auto answer = settings->patch(
        kTester, {{"tls", {{"certificate", one.certificate}, {"private_key", one.private_key}}}});

    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ((*answer)["tls"]["subject"], "CN=one.example");
    EXPECT_EQ(answer->dump().find("PRIVATE"), std::string::npos);
    EXPECT_EQ(nginx::read_file(dir() / "nginx/current/private_key.pem"), one.private_key);
}

TEST_F(SettingsTest, WhatWasReadCanBeWrittenBack)
{
    const auto settings = started(flags_);
    const auto pair = nginx::make_self_signed("one.example").value();
    ASSERT_TRUE(settings->patch(
        kTester,
        {{"tls", {{"certificate", pair.certificate}, {"private_key", pair.private_key}}}}));

    const auto answer = settings->replace(kTester, settings->get());

    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ((*answer)["tls"]["subject"], "CN=one.example");
}

TEST_F(SettingsTest, TakingTheCertificateAwayBringsTheSelfSignedOneBack)
{
    const auto settings = started(flags_);
    const auto pair = nginx::make_self_signed("one.example").value();
    ASSERT_TRUE(settings->patch(
        kTester,
        {{"tls", {{"certificate", pair.certificate}, {"private_key", pair.private_key}}}}));

    const auto answer = settings->patch(kTester, {{"tls", {{"certificate", nullptr}}}});

    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ((*answer)["tls"]["subject"], "CN=localhost");
}

TEST_F(SettingsTest, SizesOfTheHubWaitForARestart)
{
    const auto settings = started(flags_);
    const nginx::StandInNginx nginx(dir(), 2);

    const auto answer = settings->patch(
        kTester, {{"hub", {{"streams", 99}, {"rings", {{{"bytes", 1 << 20}, {"count", 8}}}}}}});

    ASSERT_TRUE(answer) << answer.error().detail;
    EXPECT_EQ((*answer)["restart_required"], (json{"hub.streams", "hub.rings"}));
    EXPECT_EQ(in_force().find("sluice_hub_streams 99;"), std::string::npos);
}

TEST_F(SettingsTest, SizesOfTheHubCountAfterARestart)
{
    ASSERT_TRUE(started(flags_)->patch(kTester, {{"hub", {{"streams", 99}}}}));

    const auto settings = started(json::object());

    EXPECT_EQ(settings->get()["restart_required"], json::array());
    EXPECT_NE(in_force().find("sluice_hub_streams 99;"), std::string::npos);
}

json rings(std::uint64_t bytes, std::uint64_t count)
{
    return {{"hub", {{"rings", {{{"bytes", bytes}, {"count", count}}}}}}};
}

TEST_F(SettingsTest, AHubThatTheMachineHasNoMemoryForIsRefused)
{
    const auto settings = started(flags_);

    const auto answer = settings->patch(kTester, rings(1ull << 31, 65535));

    ASSERT_FALSE(answer);
    EXPECT_EQ(answer.error().code, Errc::invalid);
    ASSERT_EQ(answer.error().fields.size(), 1U);
    EXPECT_EQ(answer.error().fields.front().field, "hub.rings");
}

TEST_F(SettingsTest, StoredSizesThatTheMachineHasNoMemoryForLeaveTheLastConfigurationInForce)
{
    started(flags_);
    const auto before = in_force();
    auto entry = store_->get("settings").value().value();
    auto record = json::parse(entry.value);
    record["document"].merge_patch(rings(1ull << 31, 65535));
    ASSERT_TRUE(store_->commit({store::put("settings", record.dump())}));

    const auto settings = started(flags_);

    EXPECT_EQ(in_force(), before);
    ASSERT_TRUE(settings->fallen_back());
    EXPECT_NE(settings->fallen_back()->find("hub.rings"), std::string::npos);
    const auto newest = settings->generations()["items"][0];
    EXPECT_EQ(newest["state"], "failed");
    EXPECT_EQ(newest["reason"], *settings->fallen_back());
    ASSERT_TRUE(settings->patch(kTester, {{"hub", {{"rings", json::array()}}}, {"workers", 1}}));
    EXPECT_FALSE(settings->fallen_back());
}

TEST_F(SettingsTest, ChangesAtTheSameTimeShareReloads)
{
    const auto settings = started(flags_);
    const nginx::StandInNginx nginx(dir(), 2);
    constexpr int kThreads = 12;
    std::vector<std::thread> threads;
    std::atomic<int> taken = 0;
    for (int i = 0; i < kThreads; ++i) {
        threads.emplace_back([&, i] {
            if (settings->patch(kTester, {{"limits", {{"worker_connections", 2000 + i}}}})) ++taken;
        });
    }
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(taken, kThreads);
    EXPECT_GE(nginx.reloads(), 1u);
    EXPECT_LT(nginx.reloads(), static_cast<unsigned>(kThreads));
}

TEST_F(SettingsTest, AWrongChangeDoesNotHurtTheOnesBesideIt)
{
    const auto settings = started(flags_);
    std::vector<std::thread> threads;
    std::atomic<int> taken = 0;
    std::atomic<int> refused = 0;
    for (int i = 0; i < 8; ++i) {
        threads.emplace_back([&, i] {
            const json good{{"limits", {{"viewers_per_address", 1 + i}}}};
            const json bad{{"workers", "many"}};
            (settings->patch(kTester, i % 2 == 0 ? good : bad) ? taken : refused)++;
        });
    }
    for (auto& thread : threads) thread.join();

    EXPECT_EQ(taken, 4);
    EXPECT_EQ(refused, 4);
}

}  // namespace
}  // namespace sluice::control
