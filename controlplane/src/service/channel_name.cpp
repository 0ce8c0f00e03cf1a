#include "channel_name.hpp"

#include <nlohmann/json.hpp>
#include <utility>

namespace sluice::control {
namespace {

/// Ends the parsing (by answering false) as soon as the name is known.
class NameFinder final : public nlohmann::json_sax<nlohmann::json> {
public:
    std::string take() { return std::move(name_); }

    bool key(string_t& name) override
    {
        is_name_ = depth_ == 1 && name == "name";
        return true;
    }
    bool string(string_t& value) override
    {
        if (!is_name_) return true;
        name_ = std::move(value);
        return false;
    }
    bool start_object(std::size_t /*size*/) override { return enter(); }
    bool start_array(std::size_t /*size*/) override { return enter(); }
    bool end_object() override { return leave(); }
    bool end_array() override { return leave(); }
    bool null() override { return !is_name_; }
    bool boolean(bool /*value*/) override { return !is_name_; }
    bool number_integer(number_integer_t /*value*/) override { return !is_name_; }
    bool number_unsigned(number_unsigned_t /*value*/) override { return !is_name_; }
    bool number_float(number_float_t /*value*/, const string_t& /*text*/) override
    {
        return !is_name_;
    }
    bool binary(binary_t& /*value*/) override { return false; }
    bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                     const nlohmann::detail::exception& /*error*/) override
    {
        return false;
    }

private:
    bool enter()
    {
        ++depth_;
        return !is_name_;
    }
    bool leave()
    {
        --depth_;
        return true;
    }

    int depth_ = 0;
    bool is_name_ = false;
    std::string name_;
};

}  // namespace

std::string channel_name(const std::string& document)
{
    NameFinder finder;
    // The verdict says only whether it was stopped.
    static_cast<void>(nlohmann::json::sax_parse(document, &finder));
    return finder.take();
}

}  // namespace sluice::control
