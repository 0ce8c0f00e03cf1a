#include "request_parser.hpp"

#include <algorithm>
#include <charconv>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace sluice::control::http {
namespace {

namespace P = Pistache;
using P::Http::Private::State;

constexpr std::size_t kHeaders = 1;  ///< between the request line and the body

bool same(std::string_view text, std::string_view lower_case)
{
    return std::equal(
        text.begin(), text.end(), lower_case.begin(), lower_case.end(),
        [](char a, char b) { return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 32) : a) == b; });
}

std::string_view trimmed(std::string_view text)
{
    while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
    return text;
}

/// Header lines up to the empty one (RFC 9112 section 5). Runs again from the first line when not
/// all have arrived.
class HeaderLines final : public P::Http::Private::Step {
public:
    explicit HeaderLines(P::Http::Message* message) : Step(message) {}

    P::Http::Private::StepId id() const override { return P::Http::Private::HeadersStep::Id; }

    State apply(P::StreamCursor& cursor) override
    {
        P::StreamCursor::Revert revert(cursor);
        std::vector<std::string> lines;
        while (!cursor.eol()) {
            const P::StreamCursor::Token line(cursor);
            while (!cursor.eol()) {
                if (!cursor.advance(1)) return State::Again;
            }
            lines.push_back(line.text());
            if (!cursor.advance(2)) return State::Again;
        }
        if (!cursor.advance(2)) return State::Again;
        revert.ignore();
        for (const auto& line : lines) take(line);
        return State::Next;
    }

private:
    void take(std::string_view line)
    {
        const auto colon = line.find(':');
        if (colon == 0 || colon == std::string_view::npos) raise("a header without a name");
        const auto name = line.substr(0, colon);
        const auto value = trimmed(line.substr(colon + 1));
        if (same(name, "content-length")) take_length(value);
        // nginx hands every body on with its length; Pistache's parser of chunks reads past them.
        if (same(name, "transfer-encoding"))
            raise("a body without a length", P::Http::Code::Length_Required);
        message->headers().addRaw({std::string(name), std::string(value)});
    }

    /// Two answers to where the body ends are how requests get smuggled: neither is believed.
    void take_length(std::string_view value)
    {
        std::uint64_t length = 0;
        const auto* end = value.data() + value.size();
        const auto [at, error] = std::from_chars(value.data(), end, length);
        if (value.empty() || error != std::errc() || at != end ||
            message->headers().has<P::Http::Header::ContentLength>()) {
            raise("a wrong Content-Length");
        }
        message->headers().add<P::Http::Header::ContentLength>(length);
    }
};

}  // namespace

RequestParser::RequestParser(std::size_t max_bytes) : P::Http::RequestParser(max_bytes)
{
    allSteps[kHeaders] = std::make_unique<HeaderLines>(&request);
}

}  // namespace sluice::control::http
