#include "generations.hpp"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <ctime>
#include <nlohmann/json.hpp>

#include "file.hpp"

namespace sluice::control::nginx {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr std::size_t kKept = 20;
constexpr std::string_view kPrefix = "gen-";

std::string name_of(std::uint32_t number)
{
    std::array<char, 24> name;
    std::snprintf(name.data(), name.size(), "gen-%06u", number);
    return name.data();
}

/// 0 when the name is not one of ours.
std::uint32_t number_of(const std::string& name)
{
    std::uint32_t number = 0;
    if (!name.starts_with(kPrefix)) return 0;
    const auto* end = name.data() + name.size();
    const auto [at, error] = std::from_chars(name.data() + kPrefix.size(), end, number);
    return error == std::errc() && at == end ? number : 0;
}

json about(const Generation& g)
{
    return {{"number", g.number},
            {"created_at_s", g.created_at_s},
            {"failed", g.state == Generation::State::failed},
            {"reason", g.reason},
            {"at_start", g.at_start},
            {"confirmed", g.confirmed},
            {"ports", {g.ports.http, g.ports.https, g.ports.rtmp, g.ports.rtmps}},
            {"rtmps_inner", g.rtmps_inner},
            {"hub", {{"streams", g.hub.streams}, {"rings", g.hub.rings}}}};
}

Generation from_about(const json& j)
{
    Generation g;
    g.number = j.at("number");
    g.created_at_s = j.at("created_at_s");
    g.state = j.at("failed").get<bool>() ? Generation::State::failed : Generation::State::replaced;
    g.reason = j.at("reason");
    g.at_start = j.value("at_start", false);
    g.confirmed = j.value("confirmed", false);
    const auto& ports = j.at("ports");
    g.ports = {ports.at(0), ports.at(1), ports.at(2), ports.at(3)};
    g.rtmps_inner = j.at("rtmps_inner");
    g.hub = {j.at("hub").at("streams"), j.at("hub").at("rings")};
    return g;
}

}  // namespace

fs::path Generations::path_of(std::uint32_t number) const
{
    return folder_ / name_of(number);
}

std::uint32_t Generations::current() const
{
    std::error_code error;
    const auto target = fs::read_symlink(folder_ / "current", error);
    return error ? 0 : number_of(target.filename().string());
}

std::optional<Generation> Generations::find(std::uint32_t number) const
{
    const auto text = read_file(path_of(number) / "about.json");
    if (!text) return std::nullopt;
    try {
        auto found = from_about(json::parse(*text));
        if (number == current()) found.state = Generation::State::in_force;
        return found;
    } catch (const json::exception&) {
        return std::nullopt;  // half written by a process that was killed
    }
}

Result<Generation> Generations::add(const Configuration& wanted, const Places& places)
{
    const auto known = numbers();
    Generation made{.number = known.empty() ? 1 : known.back() + 1,
                    .created_at_s = std::time(nullptr),
                    .ports = wanted.ports,
                    .rtmps_inner = wanted.rtmps_inner,
                    .hub = wanted.hub};
    const auto folder = path_of(made.number);
    auto text = render(wanted, places, made.number, folder);
    if (!text) return tl::unexpected(text.error());

    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return fail(Errc::internal, folder.string() + ": " + error.message());
    chmod(folder.c_str(), 0750);
    if (auto ok = write_file(folder / "certificate.pem", wanted.certificate, 0640); !ok)
        return tl::unexpected(ok.error());
    if (auto ok = write_file(folder / "private_key.pem", wanted.private_key, 0600); !ok)
        return tl::unexpected(ok.error());
    if (auto ok = write_file(folder / "nginx.conf", *text, 0640); !ok)
        return tl::unexpected(ok.error());
    write_about(made);
    return made;
}

bool Generations::holds(std::uint32_t number, const Configuration& wanted,
                        const Places& places) const
{
    const auto folder = path_of(number);
    const auto text = render(wanted, places, number, folder);
    return text && read_file(folder / "nginx.conf") == *text &&
           read_file(folder / "certificate.pem") == wanted.certificate &&
           read_file(folder / "private_key.pem") == wanted.private_key;
}

/// Only needed to go back to it one day: a full disk is no reason to fail here.
void Generations::remember(std::uint32_t number, const json& origin) const
{
    (void)write_file(path_of(number) / "origin.json", origin.dump(), 0600);
}

json Generations::origin(std::uint32_t number) const
{
    const auto text = read_file(path_of(number) / "origin.json");
    auto origin = text ? json::parse(*text, nullptr, false) : json();
    return origin.is_object() ? origin : json();
}

std::optional<std::string> Generations::text(std::uint32_t number) const
{
    return read_file(path_of(number) / "nginx.conf");
}

Result<void> Generations::switch_to(std::uint32_t number)
{
    return point_link(folder_ / "current", name_of(number));
}

void Generations::mark_failed(Generation generation, const std::string& reason)
{
    generation.state = Generation::State::failed;
    generation.reason = reason;
    write_about(generation);
}

void Generations::mark_failed_at_start(Generation generation, const std::string& reason)
{
    generation.at_start = true;
    mark_failed(std::move(generation), reason);
}

void Generations::mark_confirmed(std::uint32_t number)
{
    auto generation = find(number);
    if (!generation || generation->confirmed) return;
    generation->confirmed = true;
    write_about(*generation);
}

std::uint32_t Generations::last_confirmed() const
{
    auto known = numbers();
    std::ranges::reverse(known);
    const auto good = std::ranges::find_if(known, [this](std::uint32_t number) {
        const auto generation = find(number);
        return generation && generation->confirmed &&
               generation->state != Generation::State::failed;
    });
    return good == known.end() ? 0 : *good;
}

std::optional<std::string> Generations::fallen_back() const
{
    const auto in_force = current();
    auto known = numbers();
    std::ranges::reverse(known);
    for (const auto number : known) {
        if (number <= in_force) break;
        const auto generation = find(number);
        if (generation && generation->at_start) return generation->reason;
    }
    return std::nullopt;
}

void Generations::prune()
{
    auto known = numbers();
    if (known.size() <= kKept) return;
    known.resize(known.size() - kKept);
    const auto in_force = current();
    const auto good = last_confirmed();
    for (const auto number : known) {
        std::error_code ignored;
        if (number != in_force && number != good) fs::remove_all(path_of(number), ignored);
    }
}

std::vector<Generation> Generations::list() const
{
    std::vector<Generation> found;
    auto known = numbers();
    std::ranges::reverse(known);
    for (const auto number : known) {
        if (auto generation = find(number)) found.push_back(std::move(*generation));
    }
    return found;
}

/// Ascending.
std::vector<std::uint32_t> Generations::numbers() const
{
    std::vector<std::uint32_t> found;
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(folder_, error)) {
        if (const auto number = number_of(entry.path().filename().string()); number != 0) {
            found.push_back(number);
        }
    }
    std::ranges::sort(found);
    return found;
}

/// Only a description: nginx does not need it, so a full disk is no reason to fail here.
void Generations::write_about(const Generation& generation) const
{
    (void)write_file(path_of(generation.number) / "about.json", about(generation).dump(), 0640);
}

}  // namespace sluice::control::nginx
