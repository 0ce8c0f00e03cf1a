#include "problem.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "preference.hpp"

namespace sluice::control::http {
namespace {

using nlohmann::json;

struct Title {
    int status;
    std::string_view en;
    std::string_view zh;
};

constexpr std::array kTitles{
    Title{400, "Malformed request", "请求格式错误"},
    Title{401, "Not authenticated", "未通过身份验证"},
    Title{403, "Not allowed", "没有权限"},
    Title{404, "Not found", "未找到"},
    Title{405, "Method not allowed", "不支持此方法"},
    Title{406, "Not acceptable", "无法提供所要求的格式"},
    Title{409, "Conflict", "与现有状态冲突"},
    Title{410, "Gone", "已不可用"},
    Title{412, "Precondition failed", "版本已改变"},
    Title{413, "Too large", "请求过大"},
    Title{415, "Unsupported media type", "不支持的内容类型"},
    Title{422, "Invalid values", "参数无效"},
    Title{429, "Too many requests", "请求过于频繁"},
    Title{500, "Internal error", "内部错误"},
    Title{501, "Not implemented", "未实现"},
    Title{503, "Not available", "服务暂不可用"},
};

std::string title_of(int status, std::string_view language)
{
    const auto* const found = std::find_if(kTitles.begin(), kTitles.end(),
                                           [&](const Title& t) { return t.status == status; });
    if (found == kTitles.end()) return "Error";
    return std::string(prefers_chinese(language) ? found->zh : found->en);
}

Reply problem_reply(int status, std::string_view detail, const json& errors,
                    std::string_view language, int retry_after_s = 1)
{
    json body{{"title", title_of(status, language)}, {"detail", detail}, {"status", status}};
    if (!errors.empty()) body["errors"] = errors;
    // What callers sent comes back only inside field names: replace what is not UTF-8.
    Reply reply{.status = status,
                .body = body.dump(-1, ' ', false, json::error_handler_t::replace) + "\n",
                .content_type = "application/problem+json"};
    reply.headers.emplace_back("Content-Language", prefers_chinese(language) ? "zh" : "en");
    if (status == 401) reply.headers.emplace_back("WWW-Authenticate", "Bearer realm=\"sluice\"");
    if (status == 503 || status == 429) {
        reply.headers.emplace_back("Retry-After", std::to_string(retry_after_s));
    }
    return reply;
}

}  // namespace

int status_of(Errc code)
{
    switch (code) {
        case Errc::malformed:
            return 400;
        case Errc::invalid:
            return 422;
        case Errc::unauthorized:
            return 401;
        case Errc::forbidden:
            return 403;
        case Errc::not_found:
            return 404;
        case Errc::conflict:
            return 409;
        case Errc::precondition:
            return 412;
        case Errc::gone:
            return 410;
        case Errc::too_large:
            return 413;
        case Errc::unsupported_media:
            return 415;
        case Errc::throttled:
            return 429;
        case Errc::unavailable:
            return 503;
        case Errc::internal:
            return 500;
    }
    return 500;
}

Reply problem(const Error& error, std::string_view language)
{
    json errors = json::array();
    for (const auto& field : error.fields) {
        errors.push_back({{"field", field.field}, {"message", field.message}});
    }
    return problem_reply(status_of(error.code), error.detail, errors, language,
                         error.retry_after_s);
}

Reply problem(int status, std::string_view detail, std::string_view language)
{
    return problem_reply(status, detail, json::array(), language);
}

}  // namespace sluice::control::http
