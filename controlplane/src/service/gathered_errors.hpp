#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "../result.hpp"

namespace sluice::control {

/// What is wrong with a request of many parts: every wrong field of each part, up to a bound.
class GatheredErrors {
public:
    static constexpr std::size_t kMost = 1000;

    /// `part`: `operations[3]`.
    void add(const std::string& part, const Error& error)
    {
        ++parts_;
        if (code_ && *code_ != error.code) same_ = false;
        if (!code_) code_ = error.code;
        if (error.fields.empty()) put({part, error.detail});
        for (const auto& wrong : error.fields) put({part + "." + wrong.field, wrong.message});
    }

    bool empty() const { return parts_ == 0; }
    const std::vector<FieldError>& fields() const { return fields_; }

    /// The kind that all parts share; Errc::invalid when they differ.
    Error error() const
    {
        const auto detail = parts_ == 1 ? fields_.front().field + " " + fields_.front().message
                                        : std::to_string(parts_) + " parts are wrong";
        return {same_ ? code_.value_or(Errc::invalid) : Errc::invalid,
                detail + ": nothing was changed", fields_};
    }

private:
    void put(FieldError wrong)
    {
        if (fields_.size() < kMost) fields_.push_back(std::move(wrong));
    }

    std::optional<Errc> code_;
    bool same_ = true;
    std::size_t parts_ = 0;
    std::vector<FieldError> fields_;
};

}  // namespace sluice::control
