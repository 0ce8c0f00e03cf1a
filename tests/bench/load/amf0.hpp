#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "flv_format.hpp"

/// The little of AMF0 that a publisher writes and reads (Action Message Format AMF 0, 2007).
namespace sluice::bench::amf0 {

void append_string(Bytes& out, std::string_view value);
void append_number(Bytes& out, double value);
void append_null(Bytes& out);
void begin_object(Bytes& out);
void append_key_string(Bytes& out, std::string_view key, std::string_view value);
void append_key_number(Bytes& out, std::string_view key, double value);
void end_object(Bytes& out);

/// What a server's command says to a client: `_result` and `onStatus` with the fields that matter.
struct Command {
    std::string name;
    double transaction = 0;
    std::string code;         ///< of the information object, empty without one
    std::string description;  ///< likewise
    std::optional<double>
        number;  ///< first plain number behind the transaction: createStream's stream id
};

/// Nothing when the body is not a command.
std::optional<Command> parse_command(View body);

}  // namespace sluice::bench::amf0
