#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/base/byte_writer.hpp"
#include "core/base/result.hpp"

namespace sluice::flv::amf0 {

struct Value;
struct Property;

struct Null {
    friend bool operator==(const Null&, const Null&) = default;
};

struct Undefined {
    friend bool operator==(const Undefined&, const Undefined&) = default;
};

/// Keeps the order of its properties, and doubles: AMF0 allows both.
struct Object {
    std::vector<Property> properties;

    /// The first property of that name; null when there is none.
    const Value* find(std::string_view name) const;
    friend bool operator==(const Object&, const Object&);
};

/// An object that is written with a count before it; encoders use it for metadata.
struct EcmaArray : Object {
    friend bool operator==(const EcmaArray&, const EcmaArray&);
};

struct StrictArray {
    std::vector<Value> values;

    friend bool operator==(const StrictArray&, const StrictArray&);
};

struct Date {
    double unix_ms = 0;
    std::int16_t zone_minutes = 0;

    friend bool operator==(const Date&, const Date&) = default;
};

/// One AMF0 value (AMF0 specification, chapter 2). Long strings are strings here.
struct Value {
    std::variant<Null, Undefined, double, bool, std::string, Object, EcmaArray, StrictArray, Date>
        is;

    const double* number() const { return std::get_if<double>(&is); }
    const bool* boolean() const { return std::get_if<bool>(&is); }
    const std::string* string() const { return std::get_if<std::string>(&is); }
    /// An object or an ECMA array: both hold named properties.
    const Object* object() const;

    friend bool operator==(const Value&, const Value&);
};

struct Property {
    std::string name;
    Value value;

    friend bool operator==(const Property&, const Property&) = default;
};

inline constexpr unsigned kMaxDepth = 16;       ///< values inside values
inline constexpr unsigned kMaxElements = 4096;  ///< values in one call of decode

/// Reads one value and leaves `in` behind it. Errc::truncated, malformed, limit (depth or number of
/// values), unsupported (typed objects, references, XML, AMF3).
Result<Value> decode(ByteReader& in);

/// Appends one value; strings above 65,535 bytes become long strings, names are cut there.
void encode(ByteWriter& out, const Value& value);

}  // namespace sluice::flv::amf0
