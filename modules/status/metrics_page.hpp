#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>

namespace sluice::ngx {

/// Prometheus text, version 0.0.4. Samples belong to the metric that was announced last.
class MetricsPage {
public:
    void gauge(std::string_view name, std::string_view help) { announce(name, "gauge", help); }
    void counter(std::string_view name, std::string_view help) { announce(name, "counter", help); }

    /// `labels` as they stand in the text: `{state="live"}`, or nothing.
    template <class Number>
    requires std::integral<Number> || std::floating_point<Number>
    void sample(Number value, std::string_view labels = {})
    {
        std::array<char, 32> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
        text_.append(name_).append(labels).append(" ");
        text_.append(digits.data(), end).append("\n");
    }

    std::string take() { return std::move(text_); }

private:
    void announce(std::string_view name, std::string_view type, std::string_view help)
    {
        name_ = name;
        text_.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
        text_.append(name).append(" ").append(type).append("\n");
    }

    std::string text_;
    std::string name_;
};

}  // namespace sluice::ngx
