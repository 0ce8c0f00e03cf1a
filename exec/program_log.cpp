#include "program_log.hpp"

#include "core/base/date_time.hpp"

namespace sluice::exec {
namespace {

constexpr std::size_t kLongestLine = 8u << 10;
constexpr std::size_t kBudget = 1u << 20;

}  // namespace

ProgramLog::ProgramLog(const hook::Spec& spec) : redact_(spec.secrets), lines_(kLongestLine)
{
    if (!spec.log.empty()) file_.emplace(spec.log, spec.log_bytes, spec.log_kept);
}

void ProgramLog::add(std::string_view bytes, std::int64_t now_ms)
{
    start_second(now_ms);
    lines_.add(bytes, [&](std::string_view line, bool cut) { take(line, cut, now_ms); });
    write();
}

void ProgramLog::finish(std::int64_t now_ms)
{
    lines_.finish([&](std::string_view line, bool cut) { take(line, cut, now_ms); });
    // It may be one of those that were left out unread.
    if (errors_.takes(last_.text, last_ms_)) error_ = last_;
    start_second(now_ms + 1000);
    write();
}

std::string ProgramLog::take_news()
{
    news_ = false;
    return shown(error_);
}

std::string ProgramLog::last_words(bool failed) const
{
    return shown(error_.text.empty() && failed ? last_ : error_);
}

void ProgramLog::take(std::string_view line, bool cut, std::int64_t now_ms)
{
    last_.text.assign(line);
    last_.cut = cut;
    last_ms_ = now_ms;
    if (line.size() > budget_) {
        budget_ = 0;
        ++left_out_;
        return;
    }
    budget_ -= line.size();
    if (errors_.takes(line, now_ms)) {
        error_ = last_;
        news_ = true;
    }
    if (file_) put(redact_(line, cut), now_ms);
}

void ProgramLog::start_second(std::int64_t now_ms)
{
    if (now_ms / 1000 == second_) return;
    second_ = now_ms / 1000;
    budget_ = kBudget;
    if (left_out_ > 0 && file_)
        put("sluice-exec: " + std::to_string(left_out_) + " lines left out", now_ms);
    left_out_ = 0;
}

void ProgramLog::put(std::string_view text, std::int64_t now_ms)
{
    batch_ += utc_date_time(now_ms);
    batch_ += ' ';
    batch_ += hook::printable(text, text.size());
    batch_ += '\n';
}

void ProgramLog::write()
{
    if (!batch_.empty()) file_->write(batch_);
    batch_.clear();
}

std::string ProgramLog::shown(const Words& words) const
{
    return hook::printable(redact_(words.text, words.cut), hook::kMaxLine);
}

}  // namespace sluice::exec
