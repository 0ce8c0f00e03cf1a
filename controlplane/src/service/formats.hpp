#pragma once

#include <optional>
#include <string>

/// Formats of texts in the API's documents, to be given to Rule::with(). Each says what is wrong
/// as the end of "must …", or nothing.
namespace sluice::control::formats {

using Complaint = std::optional<std::string>;

Complaint channel_id(const std::string& text);    ///< what may name a channel in a URL
Complaint key(const std::string& text);           ///< visible ASCII, nothing a URL could split at
Complaint timestamp(const std::string& text);     ///< RFC 3339
Complaint address(const std::string& text);       ///< IPv4, IPv6 or a range of them
Complaint host_pattern(const std::string& text);  ///< `example.com`, `*.example.com`, `none`
Complaint origin(const std::string& text);        ///< `https://example.com[:port]` or `*`
Complaint pull_url(const std::string& text);
Complaint relay_url(const std::string& text);
Complaint web_url(const std::string& text);
Complaint callback_url(
    const std::string& text);  ///< `web_url`, and no link-local address or the like
Complaint color(const std::string& text);
Complaint rendition(const std::string& text);  ///< `[a-z0-9_-]{1,32}`, not a reserved name

}  // namespace sluice::control::formats
