#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/hook/error_line.hpp"
#include "core/hook/lines.hpp"
#include "core/hook/messages.hpp"
#include "core/hook/redact.hpp"
#include "core/process/log_file.hpp"

namespace sluice::exec {

/// What the program prints: redacted into its log, and the lines of it that tell of errors.
class ProgramLog {
public:
    explicit ProgramLog(const hook::Spec& spec);

    /// Of more than a mebibyte in a second the rest is left out.
    void add(std::string_view bytes, std::int64_t now_ms);
    /// When nothing more will come.
    void finish(std::int64_t now_ms);

    bool has_news() const { return news_; }
    /// The newest line that tells of an error, once.
    std::string take_news();
    /// The last line that tells of an error; else, where the program failed, the last of all.
    std::string last_words(bool failed) const;

private:
    struct Words {
        std::string text;
        bool cut = false;
    };

    void take(std::string_view line, bool cut, std::int64_t now_ms);
    void start_second(std::int64_t now_ms);
    void put(std::string_view text, std::int64_t now_ms);
    void write();
    std::string shown(const Words& words) const;

    hook::Redactor redact_;
    hook::Lines lines_;
    std::optional<process::LogFile> file_;
    std::string batch_;  ///< for the file
    Words last_;
    std::int64_t last_ms_ = 0;  ///< when it came
    Words error_;
    hook::ErrorLine errors_;
    bool news_ = false;
    std::int64_t second_ = 0;
    std::size_t budget_ = 0;  ///< bytes that may still be logged in this second
    std::uint64_t left_out_ = 0;
};

}  // namespace sluice::exec
