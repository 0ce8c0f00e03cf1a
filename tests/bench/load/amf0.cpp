#include "amf0.hpp"

#include <bit>

namespace sluice::bench::amf0 {
namespace {

constexpr std::uint8_t kNumber = 0;
constexpr std::uint8_t kBoolean = 1;
constexpr std::uint8_t kString = 2;
constexpr std::uint8_t kObject = 3;
constexpr std::uint8_t kNull = 5;
constexpr std::uint8_t kUndefined = 6;
constexpr std::uint8_t kArray = 8;
constexpr std::uint8_t kObjectEnd = 9;

void append_text(Bytes& out, std::string_view text)
{
    out.push_back(static_cast<std::uint8_t>(text.size() >> 8));
    out.push_back(static_cast<std::uint8_t>(text.size()));
    out.insert(out.end(), text.begin(), text.end());
}

/// Never overruns: after the first short read everything later is zero or empty.
class Reader {
public:
    explicit Reader(View in) : in_(in) {}

    bool ok() const { return !short_; }
    bool empty() const { return short_ || at_ == in_.size(); }

    std::uint64_t be(std::size_t bytes)
    {
        if (short_ || in_.size() - at_ < bytes) {
            short_ = true;
            return 0;
        }
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < bytes; ++i) value = value << 8 | in_[at_++];
        return value;
    }

    std::string text()
    {
        const auto size = be(2);
        if (short_ || in_.size() - at_ < size) {
            short_ = true;
            return {};
        }
        std::string value(reinterpret_cast<const char*>(in_.data()) + at_, size);
        at_ += size;
        return value;
    }

    double number() { return std::bit_cast<double>(be(8)); }

private:
    View in_;
    std::size_t at_ = 0;
    bool short_ = false;
};

/// Reads the value of one object field; false for a type that a status object does not hold.
bool read_field(Reader& in, const std::string& key, Command& command)
{
    switch (in.be(1)) {
        case kNumber:
            in.number();
            return true;
        case kBoolean:
            in.be(1);
            return true;
        case kString: {
            const auto value = in.text();
            if (key == "code") command.code = value;
            if (key == "description") command.description = value;
            return true;
        }
        case kNull:
        case kUndefined:
            return true;
        default:
            return false;
    }
}

bool read_object(Reader& in, Command& command)
{
    while (in.ok()) {
        const auto key = in.text();
        if (key.empty()) return in.be(1) == kObjectEnd;
        if (!read_field(in, key, command)) return false;
    }
    return false;
}

/// Reads one argument behind the transaction; false when the rest can't be understood.
bool read_argument(Reader& in, Command& command)
{
    switch (in.be(1)) {
        case kNumber: {
            const auto value = in.number();
            if (!command.number) command.number = value;
            return true;
        }
        case kBoolean:
            in.be(1);
            return true;
        case kString:
            in.text();
            return true;
        case kArray:
            in.be(4);
            return read_object(in, command);
        case kObject:
            return read_object(in, command);
        case kNull:
        case kUndefined:
            return true;
        default:
            return false;
    }
}

}  // namespace

void append_string(Bytes& out, std::string_view value)
{
    out.push_back(kString);
    append_text(out, value);
}

void append_number(Bytes& out, double value)
{
    out.push_back(kNumber);
    const auto bits = std::bit_cast<std::uint64_t>(value);
    for (int shift = 56; shift >= 0; shift -= 8) {
        out.push_back(static_cast<std::uint8_t>(bits >> shift));
    }
}

void append_null(Bytes& out)
{
    out.push_back(kNull);
}

void begin_object(Bytes& out)
{
    out.push_back(kObject);
}

void append_key_string(Bytes& out, std::string_view key, std::string_view value)
{
    append_text(out, key);
    append_string(out, value);
}

void append_key_number(Bytes& out, std::string_view key, double value)
{
    append_text(out, key);
    append_number(out, value);
}

void end_object(Bytes& out)
{
    out.insert(out.end(), {0, 0, kObjectEnd});
}

std::optional<Command> parse_command(View body)
{
    Reader in(body);
    Command command;
    if (in.be(1) != kString) return {};
    command.name = in.text();
    if (in.be(1) != kNumber) return {};
    command.transaction = in.number();
    if (!in.ok()) return {};
    while (!in.empty() && read_argument(in, command)) {
    }
    return command;
}

}  // namespace sluice::bench::amf0
