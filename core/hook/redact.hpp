#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace sluice::hook {

/// Takes out of a program's words what nobody may read: given secrets, and what is secret in any
/// URL. In doubt it takes too much.
class Redactor {
public:
    explicit Redactor(std::vector<std::string> secrets);

    /// A line with `***` in place of every secret, however much of it is percent-encoded; of the
    /// user information and the query of URLs; and of all behind the first component of an RTMP
    /// URL's path. Of a line that was `cut`, what may be the beginning of such goes, too.
    std::string operator()(std::string_view line, bool cut = false) const;

private:
    std::string without_secrets(std::string_view line, bool cut) const;

    std::vector<std::string> secrets_;  ///< the longest first
};

/// The text in at most `bytes`, its control characters replaced: for logs and terminals.
std::string printable(std::string_view text, std::size_t bytes);

}  // namespace sluice::hook
