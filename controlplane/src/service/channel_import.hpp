#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <optional>

#include "../store/store.hpp"
#include "caller.hpp"
#include "channels.hpp"
#include "idempotency.hpp"

namespace sluice::control {

struct ImportOptions {
    bool dry_run = false;
    bool replace = false;  ///< channels that the document does not name are deleted
    /// How many deletions the caller expects; he must have seen them.
    std::optional<std::size_t> confirm_deletes;
    std::optional<OnceOnly> once;
};

struct Imported {
    /// `{"create": [ids], "update": [{"id", "changed": [paths]}], "delete": [ids], "unchanged",
    /// "counts", "transcode_templates": {…}, "errors": [{"id", "field", "message"}]}`
    nlohmann::json plan;
    bool applied = false;
    bool replayed = false;
};

/// Brings the channels to what `document` says (see export_channels()): each channel in it is put
/// as a whole, absent secrets stay; so are its own templates, which are never deleted. All of it is
/// done or, when anything is wrong, none. A dry run answers the plan with what is wrong in it.
Result<Imported> import_channels(Channels& channels, const store::Store& store, const Caller& by,
                                 const nlohmann::json& document, const ImportOptions& options);

}  // namespace sluice::control
