#include "document_builder.hpp"

#include <utility>

#include "../service/clean_text.hpp"

namespace sluice::control::http {

using nlohmann::json;

bool DocumentBuilder::key(string_t& name)
{
    if (open_.back()->contains(name)) {
        return refuse("a member is there twice: " + clean_text(name, kShownName));
    }
    key_ = std::move(name);
    return true;
}

bool DocumentBuilder::parse_error(std::size_t position, const std::string& /*last*/,
                                  const json::exception& /*error*/)
{
    return refuse("it is not valid JSON at byte " + std::to_string(position));
}

bool DocumentBuilder::add(json value)
{
    return put(std::move(value)) != nullptr;
}

bool DocumentBuilder::open(json value)
{
    if (open_.size() == kMaxDepth) return refuse("it is nested too deeply");
    auto* const there = put(std::move(value));
    if (there == nullptr) return false;
    open_.push_back(there);
    return true;
}

bool DocumentBuilder::close()
{
    open_.pop_back();
    return true;
}

bool DocumentBuilder::refuse(std::string why)
{
    if (complaint.empty()) complaint = std::move(why);
    return false;
}

/// A value that is being filled stays where it is: only the innermost one grows.
json* DocumentBuilder::put(json value)
{
    if (++values_ > kMaxValues) {
        refuse("it has more than " + std::to_string(kMaxValues) + " values");
        return nullptr;
    }
    if (open_.empty()) {
        document = std::move(value);
        return &document;
    }
    auto& around = *open_.back();
    if (around.is_array()) {
        around.push_back(std::move(value));
        return &around.back();
    }
    return &(around[key_] = std::move(value));
}

}  // namespace sluice::control::http
