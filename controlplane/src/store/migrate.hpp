#pragma once

#include <functional>
#include <span>

#include "store.hpp"

namespace sluice::control::store {

/// One step of the schema: step n changes documents of version n + 1 into those of version n + 2.
/// It must be able to run again after a crash in its middle.
using Step = Result<void> (*)(Store&);

/// The steps of all releases; schema::kVersion is one more than there are.
std::span<const Step> released_steps();

/// Brings the documents of a store to the version behind the last of `steps`: writes that version
/// into a new store, runs the steps that an older one lacks, each followed by its version, refuses
/// a newer one (Errc::unavailable). `keep_old` is called once with the version that was found
/// before the first step runs, to keep a copy; its failure stops everything.
Result<void> migrate(Store& store, std::span<const Step> steps,
                     const std::function<Result<void>(int version)>& keep_old);

}  // namespace sluice::control::store
