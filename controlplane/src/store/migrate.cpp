#include "migrate.hpp"

#include <array>
#include <nlohmann/json.hpp>

#include "schema.hpp"

namespace sluice::control::store {
namespace {

using Step = Result<void> (*)(Store&);

/// kSteps[n] changes documents of version n + 1 into those of version n + 2. A step must be
/// able to run twice: a crash between it and the new version number repeats it.
constexpr std::array<Step, schema::kVersion - 1> kSteps{};

Result<void> write_version(Store& store, int version, std::uint64_t expected)
{
    const nlohmann::json record{{"version", version}};
    auto done = store.commit({put(std::string(schema::kSchema), record.dump(), expected)});
    if (!done) return tl::unexpected(done.error());
    return {};
}

}  // namespace

Result<void> migrate(Store& store)
{
    auto entry = store.get(schema::kSchema);
    if (!entry) return tl::unexpected(entry.error());
    if (!*entry) return write_version(store, schema::kVersion, 0);

    const auto record = nlohmann::json::parse((*entry)->value, nullptr, false);
    if (!record.is_object() || !record.value("version", nlohmann::json()).is_number_integer()) {
        return fail(Errc::internal, "store: the schema record is damaged");
    }
    const int found = record.at("version").get<int>();
    if (found > schema::kVersion || found < 1) {
        return fail(Errc::unavailable, "store: its schema version is " + std::to_string(found) +
                                           ", this program knows " +
                                           std::to_string(schema::kVersion) +
                                           ": install the newer release");
    }
    for (int version = found; version < schema::kVersion; ++version) {
        if (auto done = kSteps.at(version - 1)(store); !done) return done;
    }
    if (found == schema::kVersion) return {};
    return write_version(store, schema::kVersion, (*entry)->version);
}

}  // namespace sluice::control::store
