#include "migrate.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "schema.hpp"

namespace sluice::control::store {
namespace {

constexpr std::array<Step, schema::kVersion - 1> kSteps{};

Result<std::uint64_t> write_version(Store& store, int version, std::uint64_t expected)
{
    const nlohmann::json record{{"version", version}};
    auto done = store.commit({put(std::string(schema::kSchema), record.dump(), expected)});
    if (!done) return tl::unexpected(done.error());
    return expected + 1;
}

}  // namespace

std::span<const Step> released_steps()
{
    return kSteps;
}

Result<void> migrate(Store& store, std::span<const Step> steps,
                     const std::function<Result<void>(int version)>& keep_old)
{
    const int newest = static_cast<int>(steps.size()) + 1;
    auto entry = store.get(schema::kSchema);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return write_version(store, newest, 0).map([](std::uint64_t) {});

    const auto record = nlohmann::json::parse((*entry)->value, nullptr, false);
    if (!record.is_object() || !record.value("version", nlohmann::json()).is_number_integer()) {
        return fail(Errc::internal, "store: the schema record is damaged");
    }
    const int found = record.at("version").get<int>();
    if (found > newest || found < 1) {
        return fail(Errc::unavailable, "store: its schema version is " + std::to_string(found) +
                                           ", this program knows " + std::to_string(newest) +
                                           ": install the newer release");
    }
    if (found == newest) return {};
    if (auto kept = keep_old(found); !kept) return kept;
    auto expected = (*entry)->version;
    for (int version = found; version < newest; ++version) {
        if (auto done = steps[static_cast<std::size_t>(version) - 1](store); !done) return done;
        auto written = write_version(store, version + 1, expected);
        if (!written) return tl::unexpected(written.error());
        expected = *written;
    }
    return {};
}

}  // namespace sluice::control::store
