#include "signature.hpp"

#include <algorithm>
#include <charconv>

#include "core/auth/digest.hpp"
#include "core/auth/query.hpp"

namespace sluice::auth {
namespace {

constexpr std::size_t kMaxExpiryDigits = 19;

std::string push_text(std::string_view id, std::int64_t expires_s)
{
    std::string text = "/stream/";
    text += id;
    text += '-';
    text += std::to_string(expires_s);
    return text;
}

std::string play_text(std::string_view id, std::int64_t expires_s)
{
    std::string text = "/";
    text += id;
    text += "/-";
    text += std::to_string(expires_s);
    return text;
}

Signature make_push(std::string_view id, std::int64_t expires_s, std::string_view key,
                    SignatureKind kind)
{
    Signature made{.expires_s = expires_s, .kind = kind};
    auto text = push_text(id, expires_s);
    if (kind == SignatureKind::hmac) {
        made.hash = hmac_sha256(key, text);
        return made;
    }
    text += '-';
    text += key;
    std::ranges::copy(md5(text), made.hash.begin());
    return made;
}

Signature make_play(std::string_view id, std::int64_t expires_s, std::string_view key)
{
    return {.expires_s = expires_s,
            .kind = SignatureKind::hmac,
            .hash = hmac_sha256(key, play_text(id, expires_s))};
}

std::string written(const Signature& sign)
{
    return std::to_string(sign.expires_s) + '-' + to_hex(sign.digest());
}

// The hash first: only who holds the key learns that the time has run out.
std::optional<Reason> judge(bool matches, const Signature& sign, std::int64_t now_s)
{
    if (!matches) return Reason::signature_wrong;
    if (now_s >= sign.expires_s) return Reason::signature_expired;
    return std::nullopt;
}

}  // namespace

Result<Signature> parse_sign(std::string_view text)
{
    const auto fail = [](std::string_view where, std::size_t at) {
        return tl::unexpected(Error{Errc::malformed, where, at});
    };
    const auto dash = text.find('-');
    if (dash == std::string_view::npos) return fail("sign without a dash", text.size());
    if (dash == 0 || dash > kMaxExpiryDigits) return fail("sign expiry length", 0);

    Signature sign;
    const auto* end = text.data() + dash;
    const auto [stop, error] = std::from_chars(text.data(), end, sign.expires_s);
    if (error != std::errc() || stop != end) return fail("sign expiry", 0);

    const auto hex = text.substr(dash + 1);
    if (hex.size() != 32 && hex.size() != 64) return fail("sign hash length", dash + 1);
    sign.kind = hex.size() == 32 ? SignatureKind::md5 : SignatureKind::hmac;
    if (!from_hex(hex, std::span(sign.hash).first(hex.size() / 2))) {
        return fail("sign hash digits", dash + 1);
    }
    return sign;
}

std::string sign_push(std::string_view id, std::int64_t expires_s, std::string_view key,
                      SignatureKind kind)
{
    return written(make_push(id, expires_s, key, kind));
}

std::string sign_play(std::string_view id, std::int64_t expires_s, std::string_view key)
{
    return written(make_play(id, expires_s, key));
}

bool matches_push(std::string_view id, const Signature& sign, std::string_view key)
{
    if (key.empty()) return false;
    const auto good = make_push(id, sign.expires_s, key, sign.kind);
    return equal_in_constant_time(good.digest(), sign.digest());
}

bool matches_play(std::string_view id, const Signature& sign, std::string_view key)
{
    if (key.empty() || sign.kind != SignatureKind::hmac) return false;
    const auto good = make_play(id, sign.expires_s, key);
    return equal_in_constant_time(good.digest(), sign.digest());
}

std::optional<Reason> verify_push(std::string_view id, const Signature& sign, std::string_view key,
                                  std::int64_t now_s)
{
    return judge(matches_push(id, sign, key), sign, now_s);
}

std::optional<Reason> verify_play(std::string_view id, const Signature& sign, std::string_view key,
                                  std::int64_t now_s)
{
    return judge(matches_play(id, sign, key), sign, now_s);
}

tl::expected<Signature, Reason> signature_in(std::string_view query)
{
    const auto text = find_parameter(query, "sign");
    if (!text) return tl::unexpected(Reason::signature_missing);
    const auto sign = parse_sign(*text);
    if (!sign) return tl::unexpected(Reason::signature_malformed);
    return *sign;
}

}  // namespace sluice::auth
