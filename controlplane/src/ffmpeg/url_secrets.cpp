#include "url_secrets.hpp"

#include <string_view>

namespace sluice::control::ffmpeg {
namespace {

void keep(std::vector<std::string>& secrets, std::string_view text)
{
    if (!text.empty()) secrets.emplace_back(text);
}

/// `user:password@` of an authority.
void keep_user(std::vector<std::string>& secrets, std::string_view authority)
{
    const auto at = authority.rfind('@');
    if (at == std::string_view::npos) return;
    const auto user = authority.substr(0, at);
    keep(secrets, user);
    const auto colon = user.find(':');
    if (colon != std::string_view::npos) keep(secrets, user.substr(colon + 1));
}

}  // namespace

std::vector<std::string> secrets_of(const std::string& url)
{
    std::vector<std::string> secrets;
    std::string_view rest = url;
    const bool rtmp = rest.starts_with("rtmp");
    const auto scheme = rest.find("://");
    if (scheme != std::string_view::npos) rest.remove_prefix(scheme + 3);
    const auto query = rest.find('?');
    if (query != std::string_view::npos) keep(secrets, rest.substr(query + 1));
    rest = rest.substr(0, query);
    const auto slash = rest.find('/');
    keep_user(secrets, rest.substr(0, slash));
    if (!rtmp || slash == std::string_view::npos) return secrets;
    const auto path = rest.substr(slash + 1);
    const auto application = path.find('/');
    if (application != std::string_view::npos) keep(secrets, path.substr(application + 1));
    return secrets;
}

}  // namespace sluice::control::ffmpeg
