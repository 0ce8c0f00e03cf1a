#include "metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace sluice::control {
namespace {

using namespace std::chrono_literals;

bool holds(const std::string& page, const std::string& line)
{
    return page.find("\n" + line + "\n") != std::string::npos;
}

TEST(Metrics, RequestsAreCountedByMethodRouteAndStatus)
{
    Metrics metrics({}, "1");
    for (int i = 0; i < 3; ++i) metrics.answered("GET /api/v1/channels/{id}", 200, 2ms);
    metrics.answered("GET /api/v1/channels/{id}", 404, 40ms);
    const auto page = metrics.text({});
    const std::string labels = R"({method="GET",route="/api/v1/channels/{id}")";
    EXPECT_TRUE(holds(page, "sluice_api_requests_total" + labels + ",status=\"200\"} 3")) << page;
    EXPECT_TRUE(holds(page, "sluice_api_requests_total" + labels + ",status=\"404\"} 1"));
    EXPECT_TRUE(holds(page, "sluice_api_request_seconds_bucket" + labels + ",le=\"0.005\"} 3"));
    EXPECT_TRUE(holds(page, "sluice_api_request_seconds_count" + labels + "} 4"));
}

TEST(Metrics, WhatClientsMakeUpIsNoLabel)
{
    Metrics metrics({}, "1");
    for (const auto* route : {"", "FOO /api/v1/channels", "FOO", "GET ?", "x y z"}) {
        metrics.answered(route, 400, 1ms);
    }
    const auto page = metrics.text({});
    EXPECT_EQ(page.find("FOO"), std::string::npos);
    EXPECT_EQ(page.find("\"x\""), std::string::npos);
    EXPECT_TRUE(
        holds(page, R"(sluice_api_requests_total{method="other",route="none",status="400"} 3)"));
}

TEST(Metrics, OutcomesOfConfigurationsAreThereBeforeTheFirst)
{
    Metrics metrics({}, "1");
    metrics.configured("refused");
    const auto page = metrics.text({});
    EXPECT_TRUE(holds(page, R"(sluice_configurations_total{outcome="in_force"} 0)"));
    EXPECT_TRUE(holds(page, R"(sluice_configurations_total{outcome="refused"} 1)"));
    EXPECT_TRUE(holds(page, R"(sluice_configurations_total{outcome="rolled_back"} 0)"));
}

TEST(Metrics, SigningInIsCountedByItsOutcome)
{
    Metrics metrics({}, "1");
    metrics.answered("POST /api/v1/sessions", 201, 1ms);
    for (int i = 0; i < 2; ++i) metrics.answered("POST /api/v1/sessions", 401, 1ms);
    metrics.answered("GET /api/v1/sessions", 401, 1ms);
    const auto page = metrics.text({});
    EXPECT_TRUE(holds(page, R"(sluice_sign_ins_total{outcome="accepted"} 1)"));
    EXPECT_TRUE(holds(page, R"(sluice_sign_ins_total{outcome="refused"} 2)"));
    EXPECT_TRUE(holds(page, R"(sluice_sign_ins_total{outcome="throttled"} 0)"));
}

TEST(Metrics, ASnapshotThatCouldNotBeWrittenIsNoTimeOfOneThatWas)
{
    Metrics metrics({}, "1");
    metrics.snapshot(true, 3ms);
    metrics.snapshot(false, 9ms);
    const auto page = metrics.text({});
    EXPECT_TRUE(holds(page, "sluice_snapshot_write_seconds_count 1"));
    EXPECT_TRUE(holds(page, "sluice_snapshot_failures_total 1"));
}

TEST(Metrics, TheStateIsWhatItIsAtTheTimeOfThePage)
{
    Metrics metrics({}, "1.2");
    (void)metrics.text({.channels = 5, .transactions = 7, .snapshot_pending = true});
    const auto page = metrics.text({.channels = 4, .transactions = 9, .nginx_up = true});
    EXPECT_TRUE(holds(page, "sluice_channels 4"));
    EXPECT_TRUE(holds(page, "sluice_store_transactions_total 9"));
    EXPECT_TRUE(holds(page, "sluice_nginx_up 1"));
    EXPECT_TRUE(holds(page, "sluice_snapshot_pending 0"));
    EXPECT_TRUE(holds(page, R"(sluice_build_info{version="1.2"} 1)"));
}

TEST(Metrics, PagesAtTheSameTimeCountNothingTwice)
{
    Metrics metrics({}, "1");
    constexpr int kTo = 300;
    std::atomic<int> next{1};
    std::vector<std::thread> readers;
    for (int i = 0; i < 8; ++i) {
        readers.emplace_back([&] {
            for (auto n = next++; n <= kTo; n = next++) {
                (void)metrics.text({.transactions = static_cast<std::uint64_t>(n)});
            }
        });
    }
    for (auto& reader : readers) reader.join();
    EXPECT_TRUE(holds(metrics.text({.transactions = kTo}), "sluice_store_transactions_total 300"));
}

TEST(Metrics, TheProcessIsSeen)
{
    Metrics metrics({}, "1");
    const auto page = metrics.text({});
    for (const auto* name : {"process_cpu_seconds_total ", "process_resident_memory_bytes ",
                             "process_open_fds ", "process_max_fds "}) {
        const auto at = page.find("\n" + std::string(name));
        ASSERT_NE(at, std::string::npos) << name;
        EXPECT_GT(std::stod(page.substr(at + 1 + std::string(name).size())), 0) << name;
    }
}

}  // namespace
}  // namespace sluice::control
