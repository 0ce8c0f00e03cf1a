#pragma once

#include <nlohmann/json.hpp>

#include "../result.hpp"
#include "../store/store.hpp"

namespace sluice::control {

/// Of the documents that export_channels() makes and import_channels() takes.
inline constexpr int kExportVersion = 1;

/// All channels as `{"version": 1, "channels": [{…}]}`, in order of their ids, and own templates,
/// if there are any, as `"transcode_templates": [{…}]`. Says only what differs from the defaults of
/// that version, and nothing that is set by us; keys only with `secrets`.
Result<nlohmann::json> export_channels(const store::Store& store, bool secrets);

}  // namespace sluice::control
