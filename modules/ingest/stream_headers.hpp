#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "core/ingest/publication.hpp"

namespace sluice::ngx {

/// The newest metadata and codec configurations of a stream, for who begins with it later.
class StreamHeaders {
public:
    void keep(const ingest::Message& message)
    {
        auto& kept = of(message.type);
        kept.clear();
        for (const auto& piece : message.pieces)
            kept.insert(kept.end(), piece.begin(), piece.end());
    }

    bool has(flv::TagType type) const
    {
        return !const_cast<StreamHeaders*>(this)->of(type).empty();
    }

    void clear()
    {
        for (auto& kept : kept_) kept.clear();
    }

    /// Calls `give(message)` for each: metadata, video, audio.
    template <class Give>
    void each(Give&& give) const
    {
        for (std::size_t i = 0; i < kept_.size(); ++i) {
            const std::array<std::span<const std::uint8_t>, 1> pieces{kept_.at(i)};
            if (pieces[0].empty()) continue;
            give(ingest::Message{.type = kTypes.at(i), .pieces = pieces, .size = pieces[0].size()});
        }
    }

private:
    static constexpr std::array kTypes{flv::TagType::script, flv::TagType::video,
                                       flv::TagType::audio};

    std::vector<std::uint8_t>& of(flv::TagType type)
    {
        return kept_.at(static_cast<std::size_t>(std::ranges::find(kTypes, type) - kTypes.begin()));
    }

    std::array<std::vector<std::uint8_t>, kTypes.size()> kept_;
};

}  // namespace sluice::ngx
