#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::hook {

/// Cuts what a program prints into lines, in bounded memory.
class Lines {
public:
    explicit Lines(std::size_t longest) : longest_(longest) {}

    /// Calls `take(line, cut)` for every line that `bytes` completes; `cut` says that the line
    /// was longer and its end is lost. FFmpeg ends some of its lines with a carriage return.
    template <class Take>
    void add(std::string_view bytes, Take take)
    {
        while (!bytes.empty()) {
            const auto end = bytes.find_first_of("\r\n");
            append(bytes.substr(0, end));
            if (end == bytes.npos) return;
            finish(take);
            bytes.remove_prefix(end + 1);
        }
    }

    /// The last line, when nothing ended it.
    template <class Take>
    void finish(Take take)
    {
        if (!line_.empty()) take(std::string_view(line_), cut_);
        line_.clear();
        cut_ = false;
    }

private:
    void append(std::string_view bytes)
    {
        const auto room = longest_ - line_.size();
        line_.append(bytes.substr(0, room));
        cut_ = cut_ || bytes.size() > room;
    }

    std::size_t longest_;
    std::string line_;
    bool cut_ = false;
};

}  // namespace sluice::hook
