#include "timestamp.hpp"

#include <chrono>
#include <cstdio>

namespace sluice::control {
namespace {

namespace chr = std::chrono;

constexpr std::int64_t kFirst = -62167219200;  ///< 0000-01-01T00:00:00Z
constexpr std::int64_t kLast = 253402300799;   ///< 9999-12-31T23:59:59Z

/// Takes fixed-width fields off the front of a text; one failure makes the rest fail.
class Fields {
public:
    explicit Fields(std::string_view text) : text_(text) {}

    int digits(std::size_t count)
    {
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (i >= text_.size() || text_[i] < '0' || text_[i] > '9') ok_ = false;
            if (!ok_) return 0;
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return value;
    }

    bool skip(std::string_view any_of)
    {
        const bool there = !text_.empty() && any_of.find(text_.front()) != std::string_view::npos;
        if (there) text_.remove_prefix(1);
        return there;
    }

    void expect(std::string_view any_of) { ok_ = skip(any_of) && ok_; }
    char front() const { return text_.empty() ? '\0' : text_.front(); }
    bool done() const { return ok_ && text_.empty(); }
    bool ok() const { return ok_; }

private:
    std::string_view text_;
    bool ok_ = true;
};

void skip_fraction(Fields& in)
{
    if (!in.skip(".")) return;
    in.digits(1);
    while (in.ok() && in.front() >= '0' && in.front() <= '9') in.digits(1);
}

/// Seconds east of UTC.
int offset(Fields& in)
{
    if (in.skip("Zz")) return 0;
    const int sign = in.front() == '-' ? -1 : 1;
    in.expect("+-");
    const int hours = in.digits(2);
    in.expect(":");
    const int minutes = in.digits(2);
    if (hours > 23 || minutes > 59) in.expect("");
    return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::int64_t now_s()
{
    return chr::duration_cast<chr::seconds>(chr::system_clock::now().time_since_epoch()).count();
}

std::int64_t now_ms()
{
    using namespace std::chrono;
    return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

std::optional<std::int64_t> parse_timestamp(std::string_view text)
{
    Fields in(text);
    const int year = in.digits(4);
    in.expect("-");
    const int month = in.digits(2);
    in.expect("-");
    const int day = in.digits(2);
    in.expect("Tt ");
    const int hour = in.digits(2);
    in.expect(":");
    const int minute = in.digits(2);
    in.expect(":");
    const int second = in.digits(2);
    skip_fraction(in);
    const int east = offset(in);
    if (!in.done() || hour > 23 || minute > 59 || second > 60) return std::nullopt;

    const chr::year_month_day date{chr::year(year), chr::month(static_cast<unsigned>(month)),
                                   chr::day(static_cast<unsigned>(day))};
    if (!date.ok()) return std::nullopt;
    const std::int64_t days = chr::sys_days(date).time_since_epoch().count();
    const auto at = days * 86400 + hour * 3600 + minute * 60 + second - east;
    // An offset can lead into a year that has no four digits: nobody could read that back.
    if (at < kFirst || at > kLast) return std::nullopt;
    return at;
}

std::string format_timestamp(std::int64_t seconds)
{
    const std::int64_t days = seconds >= 0 ? seconds / 86400 : (seconds - 86399) / 86400;
    const auto rest = static_cast<int>(seconds - days * 86400);
    const chr::year_month_day date{chr::sys_days(chr::days(days))};
    char text[40];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ", int(date.year()),
                  unsigned(date.month()), unsigned(date.day()), rest / 3600, rest / 60 % 60,
                  rest % 60);
    return text;
}

}  // namespace sluice::control
