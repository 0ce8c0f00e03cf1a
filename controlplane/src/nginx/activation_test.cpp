#include "activation.hpp"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/stat.h>

#include "certificate.hpp"
#include "core/channel/temporary_folder.hpp"
#include "file.hpp"
#include "listen_port.hpp"
#include "stand_in_nginx.hpp"

namespace sluice::control::nginx {
namespace {

namespace fs = std::filesystem;

class ActivationTest : public testing::Test {
protected:
    ActivationTest()
        : socket_(dir() / "run/control.sock"),
          activation_({.dir = dir(),
                       .nginx = checker_,
                       .nginx_modules = "/usr/lib/nginx/modules",
                       .sluice_module = "/opt/ngx_sluice_module.so",
                       .templates = SLUICE_SOURCE_DIR "/nginx-conf",
                       .web = "/opt/web"},
                      socket_, [this](Activation::Outcome how) { told_.push_back(how); })
    {
        fs::create_directories(dir() / "run");
        // `nginx -t`, as far as this test needs it.
        (void)write_file(checker_,
                         "#!/bin/sh\ncase \"$*\" in *-t*) ;; *) exit 9;; esac\n"
                         "grep -q 'worker_processes 13;' \"$6\" || exit 0\n"
                         "echo 'nginx: [emerg] thirteen workers' >&2; exit 1\n",
                         0755);
        const auto pair = make_self_signed("");
        wanted_.certificate = pair->certificate;
        wanted_.private_key = pair->private_key;
        wanted_.ipv6 = has_ipv6();
        wanted_.workers = 2;
        for (auto* port : {&wanted_.ports.http, &wanted_.ports.https, &wanted_.ports.rtmp,
                           &wanted_.ports.rtmps, &wanted_.rtmps_inner}) {
            *port = free_loopback_port();
        }
    }

    fs::path dir() const { return folder_.path(); }
    std::string in_force() const
    {
        return read_file(dir() / "nginx/current/nginx.conf").value_or("");
    }

    using Outcome = Activation::Outcome;

    std::vector<Outcome> told_;
    const channel::TemporaryFolder folder_;
    const fs::path checker_ = dir() / "check";
    ControlSocket socket_;
    Activation activation_;
    Configuration wanted_;
};

TEST_F(ActivationTest, FirstConfigurationIsWrittenForNginxToStartWith)
{
    const auto number = activation_.apply(wanted_);

    ASSERT_TRUE(number) << number.error().detail;
    EXPECT_EQ(*number, 1u);
    EXPECT_NE(in_force().find("sluice_hub_generation 1;"), std::string::npos);
    struct stat key {};
    ASSERT_EQ(stat((dir() / "nginx/current/private_key.pem").c_str(), &key), 0);
    EXPECT_EQ(key.st_mode & 0777, 0600u);
}

TEST_F(ActivationTest, TheSameConfigurationAgainIsNoNewGeneration)
{
    ASSERT_TRUE(activation_.apply(wanted_));

    EXPECT_EQ(activation_.apply(wanted_).value(), 1u);
    EXPECT_EQ(activation_.generations().list().size(), 1u);
    EXPECT_EQ(told_, std::vector{Outcome::in_force});
}

TEST_F(ActivationTest, RunningNginxIsToldAndItsWorkersConfirm)
{
    ASSERT_TRUE(activation_.apply(wanted_));
    const StandInNginx nginx(dir(), 2);
    wanted_.worker_connections = 4000;

    const auto number = activation_.apply(wanted_);

    ASSERT_TRUE(number) << number.error().detail;
    EXPECT_EQ(*number, 2u);
    EXPECT_EQ(nginx.reloads(), 1u);
    EXPECT_EQ(activation_.generations().find(1)->state, Generation::State::replaced);
    EXPECT_EQ(activation_.generations().find(2)->state, Generation::State::in_force);
    EXPECT_EQ(told_, (std::vector{Outcome::in_force, Outcome::in_force}));
}

TEST_F(ActivationTest, OneThatNginxFindsWrongIsNeverSwitchedTo)
{
    ASSERT_TRUE(activation_.apply(wanted_));
    const StandInNginx nginx(dir(), 2);
    wanted_.workers = 13;

    const auto number = activation_.apply(wanted_);

    ASSERT_FALSE(number);
    EXPECT_EQ(number.error().code, Errc::conflict);
    EXPECT_EQ(number.error().detail, "thirteen workers");
    EXPECT_EQ(nginx.reloads(), 0u);
    EXPECT_EQ(activation_.generations().current(), 1u);
    EXPECT_EQ(activation_.generations().find(2)->reason, "thirteen workers");
    EXPECT_EQ(activation_.generations().find(2)->state, Generation::State::failed);
    EXPECT_EQ(told_.back(), Outcome::refused);
}

TEST_F(ActivationTest, APortInUseIsRefusedBeforeNginxIsTold)
{
    ASSERT_TRUE(activation_.apply(wanted_));
    const StandInNginx nginx(dir(), 2);
    const int other = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in any{};
    any.sin_family = AF_INET;
    socklen_t size = sizeof any;
    ASSERT_EQ(bind(other, reinterpret_cast<sockaddr*>(&any), size), 0);
    ASSERT_EQ(listen(other, 1), 0);
    getsockname(other, reinterpret_cast<sockaddr*>(&any), &size);
    wanted_.ports.http = ntohs(any.sin_port);

    const auto number = activation_.apply(wanted_);
    close(other);

    ASSERT_FALSE(number);
    EXPECT_EQ(number.error().detail,
              "http_port " + std::to_string(wanted_.ports.http) + ": address already in use");
    ASSERT_EQ(number.error().fields.size(), 1u);
    EXPECT_EQ(number.error().fields[0].field, "http_port");
    EXPECT_EQ(nginx.reloads(), 0u);
    EXPECT_EQ(activation_.generations().current(), 1u);
    EXPECT_EQ(told_.back(), Outcome::refused);
}

TEST_F(ActivationTest, OneThatTheMasterRefusesIsRolledBackWithItsReason)
{
    ASSERT_TRUE(activation_.apply(wanted_));
    const auto port = free_loopback_port();
    const StandInNginx nginx(dir(), 2, std::to_string(port));
    wanted_.ports.rtmp = port;

    const auto number = activation_.apply(wanted_);

    ASSERT_FALSE(number);
    EXPECT_NE(number.error().detail.find("Address already in use"), std::string::npos)
        << number.error().detail;
    EXPECT_EQ(number.error().detail.find("12#12"), std::string::npos);
    EXPECT_EQ(activation_.generations().current(), 1u);
    EXPECT_NE(in_force().find("sluice_hub_generation 1;"), std::string::npos);
    EXPECT_EQ(told_, (std::vector{Outcome::in_force, Outcome::rolled_back}));
}

TEST_F(ActivationTest, ALinkThatWasSwitchedButNeverTakenOverIsBroughtIntoForce)
{
    ASSERT_TRUE(activation_.apply(wanted_));
    const StandInNginx nginx(dir(), 2);
    wanted_.worker_connections = 4000;
    // As after a kill between the switch of the link and the signal.
    Generations generations(dir() / "nginx");
    ASSERT_TRUE(generations.add(wanted_, activation_.places()));
    ASSERT_TRUE(generations.switch_to(2));

    const auto number = activation_.apply(wanted_);

    ASSERT_TRUE(number) << number.error().detail;
    EXPECT_EQ(nginx.reloads(), 1u);
}

TEST_F(ActivationTest, AStalePidFileIsNotTakenForNginx)
{
    ASSERT_TRUE(write_file(dir() / "run/nginx.pid", std::to_string(getpid()) + "\n", 0640));

    EXPECT_FALSE(activation_.master());
}

TEST_F(ActivationTest, OnlyTheNewestGenerationsAreKept)
{
    for (unsigned i = 0; i < 25; ++i) {
        wanted_.worker_connections = 1000 + i;
        ASSERT_TRUE(activation_.apply(wanted_));
    }

    const auto kept = activation_.generations().list();
    ASSERT_EQ(kept.size(), 20u);
    EXPECT_EQ(kept.front().number, 25u);
    EXPECT_EQ(kept.back().number, 6u);
}

}  // namespace
}  // namespace sluice::control::nginx
