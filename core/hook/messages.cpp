#include "messages.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <type_traits>

namespace sluice::hook {
namespace {

using nlohmann::json;

constexpr std::array kReasons{"exited", "signalled", "memory_limit", "killed_by_us",
                              "could_not_start"};

std::string text_of(const json& message)
{
    // A program's words may be in any encoding.
    return message.dump(-1, ' ', false, json::error_handler_t::replace);
}

tl::unexpected<Error> malformed(std::string_view where)
{
    return tl::unexpected(Error{Errc::malformed, where});
}

/// Of what programs may tell: the other types of events are Sluice's own.
bool may_tell(std::string_view type)
{
    constexpr std::string_view allowed = "motion.";
    constexpr std::size_t longest = 64;
    const auto name = [](char c) { return (c >= 'a' && c <= 'z') || c == '_' || c == '.'; };
    return type.starts_with(allowed) && type.size() <= longest && std::ranges::all_of(type, name);
}

/// Reads members of one object; once one of them is of a wrong type nothing of it counts.
class Members {
public:
    explicit Members(const json& object) : object_(object), ok_(object.is_object()) {}

    void read(const char* name, std::string& value)
    {
        if (const auto* found = find(name)) {
            if (!found->is_string()) return refuse();
            value = found->get<std::string>();
            // It becomes an argument or a path, which end at the first zero byte.
            if (value.find('\0') != std::string::npos) refuse();
        }
    }

    void read(const char* name, bool& value)
    {
        if (const auto* found = find(name)) {
            if (!found->is_boolean()) return refuse();
            value = found->get<bool>();
        }
    }

    void read(const char* name, double& value)
    {
        if (const auto* found = find(name)) {
            if (!found->is_number()) return refuse();
            value = found->get<double>();
        }
    }

    template <class Integer>
    requires(std::is_integral_v<Integer>) void read(const char* name, Integer& value)
    {
        const auto* found = find(name);
        if (found == nullptr) return;
        if (found->is_number_unsigned()) {
            const auto number = found->get<std::uint64_t>();
            if (!std::in_range<Integer>(number)) return refuse();
            value = static_cast<Integer>(number);
        } else if (found->is_number_integer()) {
            const auto number = found->get<std::int64_t>();
            if (!std::in_range<Integer>(number)) return refuse();
            value = static_cast<Integer>(number);
        } else {
            refuse();
        }
    }

    void read(const char* name, std::vector<std::string>& values)
    {
        const auto* found = find(name);
        if (found == nullptr) return;
        if (!found->is_array()) return refuse();
        for (const auto& item : *found) {
            if (!item.is_string()) return refuse();
            values.push_back(item.get<std::string>());
            if (values.back().find('\0') != std::string::npos) return refuse();
        }
    }

    bool ok() const { return ok_; }

private:
    const json* find(const char* name) const
    {
        if (!ok_) return nullptr;
        const auto found = object_.find(name);
        return found == object_.end() ? nullptr : &*found;
    }
    void refuse() { ok_ = false; }

    const json& object_;
    bool ok_;
};

json body(const Started& started)
{
    return {{"pid", started.pid}};
}

json body(const Progress& progress)
{
    return {{"frame", progress.frame},     {"fps", progress.fps},
            {"speed", progress.speed},     {"out_time_us", progress.out_time_us},
            {"dropped", progress.dropped}, {"duplicated", progress.duplicated}};
}

json body(const Usage& usage)
{
    return {{"cpu_ms", usage.cpu_ms}, {"rss_bytes", usage.rss_bytes}};
}

json body(const Line& line)
{
    return {{"text", line.text}};
}

json body(const Event& event)
{
    return {{"type", event.type}, {"data", event.data}};
}

json body(const Ended& ended)
{
    return {{"reason", name_of(ended.reason)},
            {"code", ended.code},
            {"signal", ended.signal},
            {"cpu_ms", ended.cpu_ms},
            {"max_rss_bytes", ended.max_rss_bytes},
            {"line", ended.line}};
}

bool read(Members& members, Started& started)
{
    members.read("pid", started.pid);
    return members.ok() && started.pid > 0;
}

bool read(Members& members, Progress& progress)
{
    members.read("frame", progress.frame);
    members.read("fps", progress.fps);
    members.read("speed", progress.speed);
    members.read("out_time_us", progress.out_time_us);
    members.read("dropped", progress.dropped);
    members.read("duplicated", progress.duplicated);
    return members.ok();
}

bool read(Members& members, Usage& usage)
{
    members.read("cpu_ms", usage.cpu_ms);
    members.read("rss_bytes", usage.rss_bytes);
    return members.ok();
}

bool read(Members& members, Line& line)
{
    members.read("text", line.text);
    return members.ok();
}

bool read(Members& members, Event& event)
{
    members.read("type", event.type);
    members.read("data", event.data);
    return members.ok() && may_tell(event.type) && event.data.size() <= kMaxEvent;
}

bool read(Members& members, Ended& ended)
{
    std::string reason;
    members.read("reason", reason);
    members.read("code", ended.code);
    members.read("signal", ended.signal);
    members.read("cpu_ms", ended.cpu_ms);
    members.read("max_rss_bytes", ended.max_rss_bytes);
    members.read("line", ended.line);
    const auto* const found = std::ranges::find(kReasons, reason);
    ended.reason = static_cast<EndReason>(found - kReasons.begin());
    return members.ok() && found != kReasons.end();
}

constexpr std::array kReports{"started", "progress", "usage", "line", "event", "ended"};
static_assert(kReports.size() == std::variant_size_v<Report>);

template <std::size_t Index>
std::optional<Result<Report>> report_at(const json& message)
{
    const auto found = message.find(kReports[Index]);
    if (found == message.end()) return std::nullopt;
    std::variant_alternative_t<Index, Report> report;
    Members members(*found);
    if (!read(members, report)) return Result<Report>(malformed(kReports[Index]));
    return Result<Report>(std::move(report));
}

template <std::size_t... Index>
Result<Report> first_report(const json& message, std::index_sequence<Index...>)
{
    std::optional<Result<Report>> found;
    ((found || (found = report_at<Index>(message))), ...);
    return found ? *found : malformed("hook report kind");
}

void read(Members& members, Spec& spec)
{
    members.read("parent", spec.parent);
    members.read("argv", spec.argv);
    members.read("outputs", spec.outputs);
    members.read("progress", spec.progress);
    members.read("events", spec.events);
    members.read("log", spec.log);
    members.read("log_bytes", spec.log_bytes);
    members.read("log_kept", spec.log_kept);
    members.read("nice", spec.nice);
    members.read("memory_bytes", spec.memory_bytes);
    members.read("cpu_units", spec.cpu_units);
    members.read("cgroup", spec.cgroup);
    members.read("secrets", spec.secrets);
    members.read("grace_ms", spec.grace_ms);
    members.read("term_ms", spec.term_ms);
}

bool in_bounds(const Spec& spec)
{
    constexpr std::uint32_t most_logs = 100;
    constexpr std::uint32_t longest_wait_ms = 3'600'000;
    return spec.parent > 0 && spec.outputs <= kMaxOutputs && spec.log_bytes > 0 &&
           spec.log_kept <= most_logs && spec.nice >= 0 && spec.nice <= 19 &&
           spec.grace_ms <= longest_wait_ms && spec.term_ms <= longest_wait_ms;
}

bool is_true(const json& message, const char* name)
{
    const auto found = message.find(name);
    return found != message.end() && found->is_boolean() && found->get<bool>();
}

}  // namespace

std::string_view name_of(EndReason reason)
{
    return kReasons.at(static_cast<std::size_t>(reason));
}

std::optional<Event> read_event(std::string_view line)
{
    auto message = json::parse(line, nullptr, false);
    if (!message.is_object()) return std::nullopt;
    const auto type = message.find("event");
    if (type == message.end() || !type->is_string()) return std::nullopt;
    Event event{.type = type->get<std::string>()};
    if (!may_tell(event.type)) return std::nullopt;
    message.erase(type);
    event.data = text_of(message);
    if (event.data.size() > kMaxEvent) return std::nullopt;
    return event;
}

std::string event_text(const Event& event, std::string_view channel, std::string_view hook,
                       std::int64_t now_ms)
{
    auto text = json::parse(event.data, nullptr, false);
    if (!text.is_object()) text = json::object();
    text["type"] = event.type;
    text["ts_ms"] = now_ms;
    text["channel"] = channel;
    text["hook"] = hook;
    return text_of(text);
}

std::string encode(const Spec& spec)
{
    return text_of({{"parent", spec.parent},
                    {"argv", spec.argv},
                    {"outputs", spec.outputs},
                    {"progress", spec.progress},
                    {"events", spec.events},
                    {"log", spec.log},
                    {"log_bytes", spec.log_bytes},
                    {"log_kept", spec.log_kept},
                    {"nice", spec.nice},
                    {"memory_bytes", spec.memory_bytes},
                    {"cpu_units", spec.cpu_units},
                    {"cgroup", spec.cgroup},
                    {"secrets", spec.secrets},
                    {"grace_ms", spec.grace_ms},
                    {"term_ms", spec.term_ms}});
}

std::string encode(Request request)
{
    return text_of({{request == Request::kill ? "kill" : "end", true}});
}

std::string encode(const Report& report)
{
    return text_of({{kReports.at(report.index()),
                     std::visit([](const auto& value) { return body(value); }, report)}});
}

Result<Spec> decode_spec(std::string_view packet)
{
    const auto message = json::parse(packet, nullptr, false);
    Spec spec;
    Members members(message);
    read(members, spec);
    if (!members.ok()) return malformed("hook spec");
    if (spec.argv.empty() || !spec.argv.front().starts_with('/')) return malformed("hook argv");
    if (!in_bounds(spec)) return tl::unexpected(Error{Errc::limit, "hook spec"});
    return spec;
}

Result<Request> decode_request(std::string_view packet)
{
    const auto message = json::parse(packet, nullptr, false);
    if (!message.is_object()) return malformed("hook request");
    if (is_true(message, "kill")) return Request::kill;
    if (is_true(message, "end")) return Request::end;
    return malformed("hook request");
}

Result<Report> decode_report(std::string_view packet)
{
    const auto message = json::parse(packet, nullptr, false);
    if (!message.is_object()) return malformed("hook report");
    return first_report(message, std::make_index_sequence<kReports.size()>());
}

}  // namespace sluice::hook
