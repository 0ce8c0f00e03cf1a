#include "metrics.hpp"

#include <prometheus/text_serializer.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <system_error>

namespace sluice::control {
namespace {

namespace fs = std::filesystem;
namespace prom = prometheus;
using Buckets = prom::Histogram::BucketBoundaries;

/// A handler that only reads takes less than a millisecond; one that waits for nginx up to ten
/// seconds.
const Buckets& request_buckets()
{
    static const Buckets kBuckets{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                  0.1,    0.25,  0.5,    1,     2.5,  10};
    return kBuckets;
}

/// From an SSD's fsync to a disk that is ill.
const Buckets& write_buckets()
{
    static const Buckets kBuckets{0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5};
    return kBuckets;
}

const Buckets& batch_buckets()
{
    static const Buckets kBuckets{1, 2, 4, 8, 16, 32, 64, 128, 256, 512};
    return kBuckets;
}

prom::Gauge& gauge(prom::Registry& registry, const char* name, const char* help)
{
    return prom::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

prom::Counter& counter(prom::Registry& registry, const char* name, const char* help)
{
    return prom::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

prom::Histogram& histogram(prom::Registry& registry, const char* name, const char* help,
                           const Buckets& buckets)
{
    return prom::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

double seconds(Metrics::Duration duration)
{
    return std::chrono::duration<double>(duration).count();
}

double seconds(const timeval& time)
{
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// A counter of the library only goes up by a difference: one caller at a time.
void raise_to(prom::Counter& counter, double value)
{
    counter.Increment(std::max(0.0, value - counter.Value()));
}

std::size_t open_files()
{
    std::error_code error;
    const fs::directory_iterator files("/proc/self/fd", error);
    if (error) return 0;
    // The one that is open for this very look does not count.
    return static_cast<std::size_t>(std::distance(begin(files), end(files))) - 1;
}

double resident_bytes()
{
    std::ifstream in("/proc/self/statm");
    std::uint64_t size = 0;
    std::uint64_t resident = 0;
    in >> size >> resident;
    return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// `GET /path` as labels.
prom::Labels route_labels(std::string_view route)
{
    const auto space = route.find(' ');
    return {{"method", std::string(route.substr(0, space))},
            {"route", std::string(route.substr(space + 1))}};
}

/// A method that we do not know is somebody's invention.
std::string bounded(std::string_view route)
{
    constexpr std::array<std::string_view, 7> kMethods{"GET",   "HEAD",   "POST",   "PUT",
                                                       "PATCH", "DELETE", "OPTIONS"};
    const auto space = route.find(' ');
    const auto method = route.substr(0, space);
    const auto known = std::ranges::find(kMethods, method) != kMethods.end();
    const auto path =
        space == std::string_view::npos ? std::string_view() : route.substr(space + 1);
    return std::string(known ? method : "other") + ' ' +
           std::string(path.starts_with('/') ? path : "none");
}

constexpr std::string_view kSignIn = "POST /api/v1/sessions";
struct SignIn {
    int status;
    const char* name;
};
/// What an answer to kSignIn says.
constexpr std::array<SignIn, 3> kSignIns{{{201, "accepted"}, {401, "refused"}, {429, "throttled"}}};

}  // namespace

Metrics::Metrics(fs::path dir, const std::string& version)
    : dir_(std::move(dir)),
      connections_(gauge(registry_, "sluice_api_connections",
                         "Connections from nginx to the API that are open now.")),
      requests_(prom::BuildCounter()
                    .Name("sluice_api_requests_total")
                    .Help("Requests that the API answered, by method, route and status.")
                    .Register(registry_)),
      request_seconds_(prom::BuildHistogram()
                           .Name("sluice_api_request_seconds")
                           .Help("Time from a whole request to its answer, by method and route.")
                           .Register(registry_)),
      commit_seconds_(histogram(registry_, "sluice_store_commit_seconds",
                                "Time to make one group of transactions durable.",
                                write_buckets())),
      commit_transactions_(histogram(registry_, "sluice_store_commit_transactions",
                                     "Transactions that were made durable together.",
                                     batch_buckets())),
      snapshot_seconds_(histogram(registry_, "sluice_snapshot_write_seconds",
                                  "Time to write the channels snapshot for nginx.",
                                  write_buckets())),
      snapshot_failures_(counter(registry_, "sluice_snapshot_failures_total",
                                 "Channels snapshots that could not be written.")),
      configurations_(prom::BuildCounter()
                          .Name("sluice_configurations_total")
                          .Help("Changes of nginx's configuration, by their outcome.")
                          .Register(registry_)),
      sign_ins_(prom::BuildCounter()
                    .Name("sluice_sign_ins_total")
                    .Help("Attempts of users to sign in, by their outcome.")
                    .Register(registry_)),
      channels_(gauge(registry_, "sluice_channels", "Channels in the store.")),
      transactions_(counter(registry_, "sluice_store_transactions_total",
                            "Transactions of the store since it was made.")),
      store_bytes_(gauge(registry_, "sluice_store_bytes", "Size of the store's file.")),
      nginx_up_(gauge(registry_, "sluice_nginx_up",
                      "1 when nginx answers on its control socket; without it only the control "
                      "plane's metrics are here.")),
      snapshot_pending_(gauge(registry_, "sluice_snapshot_pending",
                              "1 while changes of channels wait for a snapshot that could not be "
                              "written.")),
      fallen_back_(gauge(registry_, "sluice_configuration_fallen_back",
                         "1 while nginx runs with an older configuration than the settings'.")),
      cpu_seconds_(counter(registry_, "process_cpu_seconds_total",
                           "Processor time of the control plane, user and system.")),
      resident_bytes_(gauge(registry_, "process_resident_memory_bytes",
                            "Resident memory of the control plane.")),
      open_files_(gauge(registry_, "process_open_fds", "Files the control plane has open.")),
      max_files_(gauge(registry_, "process_max_fds", "Files the control plane may have open."))
{
    for (const auto* outcome : {"in_force", "refused", "rolled_back"}) {
        configurations_.Add({{"outcome", outcome}});
    }
    for (const auto& [status, outcome] : kSignIns) sign_ins_.Add({{"outcome", outcome}});
    gauge(registry_, "process_start_time_seconds", "When the control plane started, Unix time.")
        .Set(static_cast<double>(std::time(nullptr)));
    prom::BuildGauge()
        .Name("sluice_build_info")
        .Help("1, with the version of the control plane.")
        .Register(registry_)
        .Add({{"version", version}})
        .Set(1);
}

void Metrics::answered(std::string_view route, int status, Duration spent)
{
    const auto name = bounded(route);
    const std::lock_guard lock(routes_mutex_);
    auto& known = routes_[name];
    if (known.seconds == nullptr) {
        known.seconds = &request_seconds_.Add(route_labels(name), request_buckets());
    }
    auto& count = known.by_status[status];
    if (count == nullptr) {
        auto labels = route_labels(name);
        labels["status"] = std::to_string(status);
        count = &requests_.Add(labels);
    }
    known.seconds->Observe(seconds(spent));
    count->Increment();
    if (name != kSignIn) return;
    const auto* const outcome = std::ranges::find(kSignIns, status, &SignIn::status);
    if (outcome != kSignIns.end()) sign_ins_.Add({{"outcome", outcome->name}}).Increment();
}

void Metrics::committed(std::size_t transactions, Duration spent)
{
    commit_seconds_.Observe(seconds(spent));
    commit_transactions_.Observe(static_cast<double>(transactions));
}

void Metrics::snapshot(bool written, Duration spent)
{
    if (written) {
        snapshot_seconds_.Observe(seconds(spent));
    } else {
        snapshot_failures_.Increment();
    }
}

void Metrics::configured(const char* outcome)
{
    configurations_.Add({{"outcome", outcome}}).Increment();
}

std::string Metrics::text(const State& state)
{
    const std::lock_guard lock(page_mutex_);
    channels_.Set(static_cast<double>(state.channels));
    raise_to(transactions_, static_cast<double>(state.transactions));
    nginx_up_.Set(state.nginx_up ? 1 : 0);
    snapshot_pending_.Set(state.snapshot_pending ? 1 : 0);
    fallen_back_.Set(state.fallen_back ? 1 : 0);
    std::error_code error;
    const auto bytes = fs::file_size(dir_ / "control.mdb", error);
    store_bytes_.Set(error ? 0 : static_cast<double>(bytes));
    look_at_process();
    return prom::TextSerializer().Serialize(registry_.Collect());
}

void Metrics::look_at_process()
{
    rusage used{};
    if (getrusage(RUSAGE_SELF, &used) == 0) {
        raise_to(cpu_seconds_, seconds(used.ru_utime) + seconds(used.ru_stime));
    }
    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        max_files_.Set(static_cast<double>(files.rlim_cur));
    }
    open_files_.Set(static_cast<double>(open_files()));
    resident_bytes_.Set(resident_bytes());
}

}  // namespace sluice::control
