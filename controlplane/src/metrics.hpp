#pragma once

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace sluice::control {

/// What the control plane measures of itself, for Prometheus. Every function may be called from any
/// thread. docs/metrics.md describes each name.
class Metrics {
public:
    using Duration = std::chrono::steady_clock::duration;

    /// What is looked up when somebody asks.
    struct State {
        std::uint64_t channels = 0;
        std::uint64_t transactions = 0;  ///< of the store since it was made
        bool nginx_up = false;
        bool snapshot_pending = false;
        bool fallen_back = false;  ///< nginx runs with an older configuration than the settings'
    };

    /// `dir` is the installation's folder: the size of its store is one of the metrics.
    Metrics(std::filesystem::path dir, const std::string& version);

    /// A request was answered. `route` is the router's `GET /api/v1/channels/{id}`, empty when none
    /// matched: what a client makes up never becomes a label.
    void answered(std::string_view route, int status, Duration spent);
    void connection_opened() { connections_.Increment(); }
    void connection_closed() { connections_.Decrement(); }

    /// The store made so many transactions durable in one commit.
    void committed(std::size_t transactions, Duration spent);

    /// The channels snapshot was written, or could not be.
    void snapshot(bool written, Duration spent);

    /// A change of nginx's configuration ended so: `in_force`, `refused` or `rolled_back`.
    void configured(const char* outcome);

    /// The page: Prometheus text, version 0.0.4.
    std::string text(const State& state);

private:
    /// Looking a metric up by its labels costs more than counting: once per route and status.
    struct Route {
        prometheus::Histogram* seconds = nullptr;
        std::map<int, prometheus::Counter*> by_status;
    };

    void look_at_process();

    std::filesystem::path dir_;
    prometheus::Registry registry_;

    prometheus::Gauge& connections_;
    prometheus::Family<prometheus::Counter>& requests_;
    prometheus::Family<prometheus::Histogram>& request_seconds_;
    prometheus::Histogram& commit_seconds_;
    prometheus::Histogram& commit_transactions_;
    prometheus::Histogram& snapshot_seconds_;
    prometheus::Counter& snapshot_failures_;
    prometheus::Family<prometheus::Counter>& configurations_;
    prometheus::Family<prometheus::Counter>& sign_ins_;
    std::mutex routes_mutex_;
    std::map<std::string, Route, std::less<>> routes_;

    std::mutex page_mutex_;  ///< held while a page is made; guards all below
    prometheus::Gauge& channels_;
    prometheus::Counter& transactions_;
    prometheus::Gauge& store_bytes_;
    prometheus::Gauge& nginx_up_;
    prometheus::Gauge& snapshot_pending_;
    prometheus::Gauge& fallen_back_;

    prometheus::Counter& cpu_seconds_;
    prometheus::Gauge& resident_bytes_;
    prometheus::Gauge& open_files_;
    prometheus::Gauge& max_files_;
};

}  // namespace sluice::control
