#include "redact.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace sluice::hook {
namespace {

constexpr std::string_view kHidden = "***";
constexpr std::string_view kBlank = " \t\r\n\v\f";
constexpr std::string_view kSchemeEnd = "://";

int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/// How many bytes at the start of `text` stand for `wanted`, as itself or percent-encoded; 0: none.
std::size_t length_of(std::string_view text, char wanted)
{
    if (text.empty()) return 0;
    if (text.front() == wanted) return 1;
    if (text.front() == '+' && wanted == ' ') return 1;
    if (text.front() != '%' || text.size() < 3) return 0;
    const int high = hex_digit(text[1]);
    const int low = hex_digit(text[2]);
    if (high < 0 || low < 0) return 0;
    return static_cast<char>(high * 16 + low) == wanted ? 3 : 0;
}

/// How many bytes at the start of `text` are the secret; 0 when it is not there. With `cut`, its
/// beginning up to the end of `text` counts.
std::size_t match(std::string_view text, std::string_view secret, bool cut)
{
    const auto whole = text.size();
    for (const char wanted : secret) {
        if (text.empty()) return cut ? whole : 0;
        const auto length = length_of(text, wanted);
        if (length == 0) return cut && text.front() == '%' && text.size() < 3 ? whole : 0;
        text.remove_prefix(length);
    }
    return whole - text.size();
}

bool is_scheme(char c)
{
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
}

/// Where the scheme begins whose "://" stands at `end`.
std::size_t scheme_start(std::string_view text, std::size_t end)
{
    while (end > 0 && is_scheme(text[end - 1])) --end;
    return end;
}

/// A URL's words behind what they say in a sentence: "…/key: refused".
std::string_view closing_marks(std::string_view url)
{
    const auto last = url.find_last_not_of("'\":;,)>]");
    return last == url.npos ? url : url.substr(last + 1);
}

/// What of `rest`, the part of a URL behind its authority, may be shown.
std::string shown_path(std::string_view rest, bool rtmp)
{
    auto end = rest.find_first_of("?#");
    if (rtmp) end = std::min(end, rest.empty() ? rest.npos : rest.find('/', 1));
    if (end == rest.npos) return std::string(rest);
    const auto marks = closing_marks(rest.substr(end + 1));
    return std::string(rest.substr(0, end + 1)) + std::string(kHidden) + std::string(marks);
}

/// A URL from behind its "://" on, up to the next blank. With `cut`, its end is lost.
std::string shown_url(std::string_view url, bool rtmp, bool cut)
{
    const auto query = std::min(url.find('?'), url.size());
    const auto user_end = url.substr(0, query).rfind('@');
    std::string shown;
    if (user_end != url.npos) {
        shown = kHidden;
        url.remove_prefix(user_end);
    } else if (cut) {
        return std::string(kHidden);
    }
    const auto authority_end = std::min(url.find_first_of("/?#"), url.size());
    shown += url.substr(0, authority_end);
    return shown + shown_path(url.substr(authority_end), rtmp);
}

/// Where a URL ends that begins at the start of `text`: before a blank, or before another URL that
/// is not in its query.
std::size_t url_end(std::string_view text, bool rtmp)
{
    const auto blank = std::min(text.find_first_of(kBlank), text.size());
    const auto next = text.substr(0, blank).find(kSchemeEnd);
    if (rtmp || next == text.npos || text.substr(0, next).find('?') != text.npos) return blank;
    return scheme_start(text, next);
}

std::string without_url_secrets(std::string_view text, bool cut)
{
    std::string shown;
    for (;;) {
        const auto at = text.find(kSchemeEnd);
        if (at == text.npos) return shown.append(text);
        const auto scheme = text.substr(scheme_start(text, at), at - scheme_start(text, at));
        const bool rtmp = scheme.starts_with("rtmp") || scheme.starts_with("RTMP");
        shown.append(text.substr(0, at + kSchemeEnd.size()));
        text.remove_prefix(at + kSchemeEnd.size());
        const auto end = url_end(text, rtmp);
        shown += shown_url(text.substr(0, end), rtmp, cut && end == text.size());
        text.remove_prefix(end);
    }
}

bool continues_character(char c)
{
    return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

}  // namespace

Redactor::Redactor(std::vector<std::string> secrets) : secrets_(std::move(secrets))
{
    std::erase(secrets_, "");
    std::ranges::sort(secrets_, std::ranges::greater(), &std::string::size);
}

std::string Redactor::operator()(std::string_view line, bool cut) const
{
    return without_url_secrets(without_secrets(line, cut), cut);
}

std::string Redactor::without_secrets(std::string_view line, bool cut) const
{
    std::string shown;
    while (!line.empty()) {
        std::size_t length = 0;
        for (const auto& secret : secrets_) {
            length = match(line, secret, cut);
            if (length > 0) break;
        }
        if (length > 0) {
            shown += kHidden;
        } else {
            shown += line.front();
            length = 1;
        }
        line.remove_prefix(length);
    }
    return shown;
}

std::string printable(std::string_view text, std::size_t bytes)
{
    std::string shown(text.substr(0, bytes));
    if (text.size() > bytes && continues_character(text[bytes])) {
        while (!shown.empty() && continues_character(shown.back())) shown.pop_back();
        if (!shown.empty()) shown.pop_back();
    }
    for (auto& c : shown) {
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == '\x7f') c = '?';
    }
    return shown;
}

}  // namespace sluice::hook
