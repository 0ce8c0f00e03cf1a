#include "core/flv/amf0.hpp"

#include <algorithm>
#include <bit>

namespace sluice::flv::amf0 {
namespace {

// AMF0 2.1, type markers.
constexpr std::uint8_t kNumber = 0x00;
constexpr std::uint8_t kBoolean = 0x01;
constexpr std::uint8_t kString = 0x02;
constexpr std::uint8_t kObject = 0x03;
constexpr std::uint8_t kNull = 0x05;
constexpr std::uint8_t kUndefined = 0x06;
constexpr std::uint8_t kEcmaArray = 0x08;
constexpr std::uint8_t kObjectEnd = 0x09;
constexpr std::uint8_t kStrictArray = 0x0a;
constexpr std::uint8_t kDate = 0x0b;
constexpr std::uint8_t kLongString = 0x0c;
constexpr std::uint8_t kLastMarker = 0x11;

constexpr std::size_t kMaxShort = 0xffff;

std::span<const std::uint8_t> as_bytes(std::string_view text)
{
    return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

std::string as_text(std::span<const std::uint8_t> bytes)
{
    return {bytes.begin(), bytes.end()};
}

class Decoder {
public:
    explicit Decoder(ByteReader& in) : in_(in) {}

    Result<Value> value(unsigned depth)
    {
        if (depth > kMaxDepth) return in_.fail(Errc::limit, "amf0 depth");
        if (++elements_ > kMaxElements) return in_.fail(Errc::limit, "amf0 number of values");
        const auto marker = in_.u8();
        if (!in_.ok()) return in_.fail(Errc::truncated, "amf0 marker");
        auto value = of_type(marker, depth);
        if (value && !in_.ok()) return in_.fail(Errc::truncated, "amf0 value");
        return value;
    }

private:
    Result<Value> of_type(std::uint8_t marker, unsigned depth)
    {
        switch (marker) {
            case kNumber:
                return Value{number()};
            case kBoolean:
                return Value{in_.u8() != 0};
            case kString:
                return Value{as_text(in_.bytes(in_.u16()))};
            case kLongString:
                return Value{as_text(in_.bytes(in_.u32()))};
            case kNull:
                return Value{Null{}};
            case kUndefined:
                return Value{Undefined{}};
            case kDate:
                return date();
            case kObject:
                return object<Object>(depth);
            case kEcmaArray:
                in_.u32();  // a hint that encoders get wrong; the end marker counts
                return object<EcmaArray>(depth);
            case kStrictArray:
                return array(depth);
            default:
                return in_.fail(marker > kLastMarker ? Errc::malformed : Errc::unsupported,
                                "amf0 type");
        }
    }

    double number() { return std::bit_cast<double>(in_.u64()); }

    Value date()
    {
        const auto unix_ms = number();
        return Value{Date{unix_ms, static_cast<std::int16_t>(in_.u16())}};
    }

    template <class T>
    Result<Value> object(unsigned depth)
    {
        T object;
        for (;;) {
            auto name = as_text(in_.bytes(in_.u16()));
            if (!in_.ok()) return in_.fail(Errc::truncated, "amf0 property");
            if (name.empty() && !in_.rest().empty() && in_.rest().front() == kObjectEnd) {
                in_.skip(1);
                return Value{std::move(object)};
            }
            auto property = value(depth + 1);
            if (!property) return property;
            object.properties.push_back({std::move(name), std::move(*property)});
        }
    }

    Result<Value> array(unsigned depth)
    {
        StrictArray array;
        for (auto left = in_.u32(); left > 0; --left) {
            auto element = value(depth + 1);
            if (!element) return element;
            array.values.push_back(std::move(*element));
        }
        return Value{std::move(array)};
    }

    ByteReader& in_;
    unsigned elements_ = 0;
};

struct Encoder {
    ByteWriter& out;

    void name(std::string_view text)
    {
        text = text.substr(0, kMaxShort);
        out.u16(static_cast<std::uint16_t>(text.size()));
        out.bytes(as_bytes(text));
    }

    void properties(const Object& object)
    {
        for (const auto& property : object.properties) {
            name(property.name);
            encode(out, property.value);
        }
        name({});
        out.u8(kObjectEnd);
    }

    void operator()(const Null&) { out.u8(kNull); }
    void operator()(const Undefined&) { out.u8(kUndefined); }
    void operator()(bool value)
    {
        out.u8(kBoolean);
        out.u8(value ? 1 : 0);
    }
    void operator()(double value)
    {
        out.u8(kNumber);
        out.u64(std::bit_cast<std::uint64_t>(value));
    }
    void operator()(const std::string& text)
    {
        if (text.size() <= kMaxShort) {
            out.u8(kString);
            name(text);
            return;
        }
        out.u8(kLongString);
        out.u32(static_cast<std::uint32_t>(text.size()));
        out.bytes(as_bytes(text));
    }
    void operator()(const Object& object)
    {
        out.u8(kObject);
        properties(object);
    }
    void operator()(const EcmaArray& array)
    {
        out.u8(kEcmaArray);
        out.u32(static_cast<std::uint32_t>(array.properties.size()));
        properties(array);
    }
    void operator()(const StrictArray& array)
    {
        out.u8(kStrictArray);
        out.u32(static_cast<std::uint32_t>(array.values.size()));
        for (const auto& value : array.values) encode(out, value);
    }
    void operator()(const Date& date)
    {
        out.u8(kDate);
        out.u64(std::bit_cast<std::uint64_t>(date.unix_ms));
        out.u16(static_cast<std::uint16_t>(date.zone_minutes));
    }
};

}  // namespace

const Value* Object::find(std::string_view name) const
{
    const auto at = std::find_if(properties.begin(), properties.end(),
                                 [&](const Property& p) { return p.name == name; });
    return at == properties.end() ? nullptr : &at->value;
}

const Object* Value::object() const
{
    if (const auto* array = std::get_if<EcmaArray>(&is)) return array;
    return std::get_if<Object>(&is);
}

bool operator==(const Object& a, const Object& b)
{
    return a.properties == b.properties;
}
bool operator==(const EcmaArray& a, const EcmaArray& b)
{
    return a.properties == b.properties;
}
bool operator==(const StrictArray& a, const StrictArray& b)
{
    return a.values == b.values;
}
bool operator==(const Value& a, const Value& b)
{
    return a.is == b.is;
}

Result<Value> decode(ByteReader& in)
{
    return Decoder(in).value(0);
}

void encode(ByteWriter& out, const Value& value)
{
    std::visit(Encoder{out}, value.is);
}

}  // namespace sluice::flv::amf0
