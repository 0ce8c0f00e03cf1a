#include "preference.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <string>
#include <vector>

namespace sluice::control::http {
namespace {

struct Choice {
    std::string name;  ///< in lower case
    double weight = 1;
};

std::string_view trimmed(std::string_view text)
{
    const auto first = text.find_first_not_of(" \t");
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::string lower(std::string_view text)
{
    std::string out(text);
    for (auto& c : out) {
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    }
    return out;
}

/// Of `;level=1;q=0.5`; 1 when it is not said, or can't be read.
double weight_of(std::string_view parameters)
{
    while (!parameters.empty()) {
        const auto end = std::min(parameters.find(';'), parameters.size());
        const auto part = trimmed(parameters.substr(0, end));
        parameters.remove_prefix(std::min(end + 1, parameters.size()));
        if (!part.starts_with("q=") && !part.starts_with("Q=")) continue;
        double weight = 1;
        std::from_chars(part.data() + 2, part.data() + part.size(), weight);
        return weight;
    }
    return 1;
}

std::vector<Choice> choices_of(std::string_view header)
{
    std::vector<Choice> choices;
    while (!header.empty()) {
        const auto end = std::min(header.find(','), header.size());
        const auto item = header.substr(0, end);
        header.remove_prefix(std::min(end + 1, header.size()));
        const auto parameters = std::min(item.find(';'), item.size());
        auto name = lower(trimmed(item.substr(0, parameters)));
        if (!name.empty()) choices.push_back({std::move(name), weight_of(item.substr(parameters))});
    }
    return choices;
}

bool is_language(std::string_view range, std::string_view language)
{
    return range.starts_with(language) &&
           (range.size() == language.size() || range[language.size()] == '-');
}

}  // namespace

bool prefers_chinese(std::string_view accept_language)
{
    double best = 0;
    bool chinese = false;
    for (const auto& choice : choices_of(accept_language)) {
        const bool zh = is_language(choice.name, "zh");
        if (!zh && !is_language(choice.name, "en")) continue;
        if (choice.weight <= best) continue;
        best = choice.weight;
        chinese = zh;
    }
    return chinese;
}

bool accepts_json(std::string_view accept)
{
    const auto choices = choices_of(accept);
    if (choices.empty()) return true;
    // What is said more exactly counts.
    for (const auto* range :
         {"application/json", "application/problem+json", "application/*", "*/*"}) {
        const auto found = std::ranges::find(choices, range, &Choice::name);
        if (found != choices.end()) return found->weight > 0;
    }
    return false;
}

}  // namespace sluice::control::http
