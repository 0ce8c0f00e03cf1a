#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

namespace sluice::control::http {

/// Makes a document of what a parser finds, within bounds: two bytes of text can ask for sixteen of
/// memory, and depth is stack. Names each member once. nlohmann's SAX interface; every function
/// answers whether to go on, and `complaint` says why not.
class DocumentBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    static constexpr std::size_t kMaxDepth = 32;
    static constexpr std::size_t kMaxValues = 1'000'000;

    nlohmann::json document;
    std::string complaint;

    bool null() override { return add(nullptr); }
    bool boolean(bool value) override { return add(value); }
    bool number_integer(number_integer_t value) override { return add(value); }
    bool number_unsigned(number_unsigned_t value) override { return add(value); }
    bool number_float(number_float_t value, const string_t& /*text*/) override
    {
        return add(value);
    }
    bool string(string_t& value) override { return add(std::move(value)); }
    bool binary(binary_t& /*value*/) override { return refuse("binary values are not taken"); }

    bool start_object(std::size_t /*size*/) override { return open(nlohmann::json::object()); }
    bool key(string_t& name) override;
    bool end_object() override { return close(); }
    bool start_array(std::size_t /*size*/) override { return open(nlohmann::json::array()); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string& last,
                     const nlohmann::json::exception& error) override;

private:
    bool add(nlohmann::json value);
    bool open(nlohmann::json value);
    bool close();
    bool refuse(std::string why);
    nlohmann::json* put(nlohmann::json value);

    std::vector<nlohmann::json*> open_;
    std::string key_;
    std::size_t values_ = 0;
};

}  // namespace sluice::control::http
