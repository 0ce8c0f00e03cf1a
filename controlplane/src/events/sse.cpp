#include "sse.hpp"

#include <utility>

namespace sluice::control::events {

bool MessageReader::feed(std::string_view piece, std::vector<Message>& out)
{
    while (!piece.empty()) {
        const auto end = piece.find('\n');
        line_.append(piece.substr(0, end));
        if (line_.size() + message_.data.size() > kMaxMessage) return false;
        if (end == std::string_view::npos) return true;
        piece.remove_prefix(end + 1);
        take_line(line_, out);
        line_.clear();
    }
    return true;
}

void MessageReader::take_line(std::string_view line, std::vector<Message>& out)
{
    if (line.empty()) {
        if (!message_.data.empty()) out.push_back(std::exchange(message_, {}));
        message_ = {};
        return;
    }
    const auto colon = line.find(':');
    if (colon == 0) return;  // a comment
    const auto name = line.substr(0, colon);
    auto value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
    if (value.starts_with(' ')) value.remove_prefix(1);
    if (name == "id") message_.id = value;
    if (name == "event") message_.type = value;
    if (name == "data") {
        if (!message_.data.empty()) message_.data += '\n';
        message_.data += value;
    }
}

}  // namespace sluice::control::events
