#include "fetched_images.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <utility>

#include "../curl.hpp"
#include "../log.hpp"
#include "../nginx/file.hpp"
#include "../store/schema.hpp"
#include "channel_document.hpp"
#include "image_file.hpp"
#include "timestamp.hpp"

namespace sluice::control {
namespace {

using nlohmann::json;
using namespace std::chrono_literals;
namespace fs = std::filesystem;
namespace schema = store::schema;

constexpr std::size_t kPage = 1000;
constexpr auto kLook = 500ms;
constexpr std::int64_t kLongestRetry = 900;
constexpr std::size_t kMostTold = 20;  ///< channels in an event
constexpr std::string_view kPrefix = "url-";
constexpr mode_t kMode = 0640;

/// The URL of the image that a channel shows; empty when it shows none of a URL.
std::string url_of(const store::Entry& entry)
{
    // Most channels name none: not worth reading.
    if (entry.value.find("\"url\":\"http") == std::string::npos) return {};
    const auto channel = from_stored(entry);
    if (!channel) return {};
    const auto& image = channel->at("watermark").at("image");
    const bool wanted = image.at("enabled") == true && image.at("asset").is_null();
    return wanted && image.at("url").is_string() ? image.at("url").get<std::string>()
                                                 : std::string();
}

/// Without user, password, query and fragment, which may be secrets.
std::string without_secrets(const std::string& text)
{
    const auto url = parse_url(text);
    if (!url) return {};
    for (const auto part :
         {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
        curl_url_set(url.get(), part, nullptr, 0);
    }
    return part_of(url.get(), CURLUPART_URL).value_or("");
}

}  // namespace

FetchedImages::FetchedImages(const store::Store& store, const Journal& journal, ImageFolder& folder,
                             Needs needs)
    : store_(store), journal_(journal), folder_(folder), needs_(std::move(needs))
{}

void FetchedImages::start()
{
    thread_ = std::jthread([this](const std::stop_token& ending) { run(ending); });
}

void FetchedImages::stop()
{
    thread_ = {};
}

void FetchedImages::run(const std::stop_token& ending)
{
    allowed_ = needs_.allow_private();
    while (!ending.stop_requested()) {
        try {
            if (auto done = follow(); !done) {
                log_message(Level::error, "images: " + done.error().detail);
                pause(ending);  // the store is at fault: not at once again
                continue;
            }
            retry_after_setting();
            if (const auto name = due()) fetch(*name, ending);
            announce();
        } catch (const std::exception& e) {
            log_message(Level::error, std::string("images: ") + e.what());
        }
    }
}

void FetchedImages::pause(const std::stop_token& ending)
{
    std::unique_lock lock(mutex_);
    std::condition_variable_any().wait_for(lock, ending, kLook, [] { return false; });
}

/// Takes over what became of channels; waits for a change when there is nothing to fetch.
Result<void> FetchedImages::follow()
{
    if (!seen_) return read_all();
    const auto changes = store_.watch(schema::kChannels, *seen_, due() ? 0ms : kLook);
    if (!changes && changes.error().code == Errc::gone) return read_all();
    if (!changes) return tl::unexpected(changes.error());
    for (const auto& change : changes->items) {
        const auto entry = store_.get(change.key);
        if (!entry) return tl::unexpected(entry.error());
        take(change.key.substr(schema::kChannels.size()), *entry);
    }
    seen_ = changes->revision;
    if (!changes->items.empty()) forget_unnamed();
    return {};
}

Result<void> FetchedImages::read_all()
{
    std::set<std::string> gone;
    for (const auto& [channel, name] : names_) gone.insert(channel);
    std::optional<store::Revision> first;
    std::string after;
    for (bool more = true; more;) {
        const auto page = store_.list(schema::kChannels, after, kPage);
        if (!page) return tl::unexpected(page.error());
        for (const auto& entry : page->items) {
            const auto channel = entry.key.substr(schema::kChannels.size());
            gone.erase(channel);
            take(channel, entry);
        }
        if (!first) first = page->revision;
        more = page->more && !page->items.empty();
        if (more) after = page->items.back().key;
    }
    for (const auto& channel : gone) take(channel, std::nullopt);
    seen_ = first;
    forget_unnamed();
    remove_strays();
    return {};
}

void FetchedImages::take(const std::string& channel, const std::optional<store::Entry>& entry)
{
    const auto url = entry ? url_of(*entry) : std::string();
    const auto name = url.empty() ? std::string() : fetched_image_name(url);
    const auto known = names_.find(channel);
    if (name == (known == names_.end() ? std::string() : known->second)) return;

    const std::lock_guard lock(mutex_);
    if (known != names_.end()) {
        images_.at(known->second).channels.erase(channel);
        names_.erase(known);
    }
    if (name.empty()) return;
    names_[channel] = name;
    auto [image, fresh] = images_.try_emplace(name);
    image->second.channels.insert(channel);
    if (fresh) {
        image->second.url = url;
        load(name, image->second);
    }
    // Its record may have been made before the file came, or by an earlier process.
    if (image_file(folder_.path(), name)) changed_.insert(channel);
}

void FetchedImages::forget_unnamed()
{
    const std::lock_guard lock(mutex_);
    std::erase_if(images_, [this](const auto& image) {
        if (!image.second.channels.empty()) return false;
        remove_files(image.first);
        return true;
    });
}

/// What an earlier process kept, and nobody names any more.
void FetchedImages::remove_strays()
{
    const std::lock_guard lock(mutex_);
    for (const auto& name : folder_.names()) {
        if (name.starts_with(kPrefix) && !images_.contains(name)) remove_files(name);
    }
}

void FetchedImages::remove_files(const std::string& name)
{
    folder_.remove(name);
    std::error_code ignored;
    fs::remove(folder_.path() / (name + ".json"), ignored);
}

/// Whoever allows more does not wait for the next attempt.
void FetchedImages::retry_after_setting()
{
    const bool allowed = needs_.allow_private();
    if (allowed == allowed_) return;
    allowed_ = allowed;
    const std::lock_guard lock(mutex_);
    for (auto& [name, image] : images_) {
        if (!image.reason.empty()) image.next_s = 0;
    }
}

std::optional<std::string> FetchedImages::due() const
{
    const std::lock_guard lock(mutex_);
    const auto rank = [](const auto& image) {
        return std::pair(image.second.tried, image.second.next_s);
    };
    const auto first = std::ranges::min_element(images_, {}, rank);
    if (first == images_.end() || first->second.next_s > now_s()) return std::nullopt;
    return first->first;
}

void FetchedImages::fetch(const std::string& name, const std::stop_token& ending)
{
    std::string url;
    ImageValidators known;
    bool room = true;
    {
        const std::lock_guard lock(mutex_);
        const auto& image = images_.at(name);
        url = image.url;
        if (image_file(folder_.path(), name)) known = image.known;
        room = images_.size() <= kMaxUrls;
    }
    auto fetched = room ? needs_.fetch(url, known, allowed_, ending)
                        : fail(Errc::unavailable, "there are more than 1000 images of URLs");
    if (ending.stop_requested()) return;
    if (!fetched) return note(name, known, fetched.error().detail);
    const auto validators = fetched->validators;
    const auto done = settle(name, std::move(*fetched));
    note(name, done ? validators : known, done ? std::string() : done.error().detail);
    if (!done || !*done) return;
    const std::lock_guard lock(mutex_);
    const auto& channels = images_.at(name).channels;
    changed_.insert(channels.begin(), channels.end());
}

/// True when the file is a new one.
Result<bool> FetchedImages::settle(const std::string& name, FetchedImage&& fetched)
{
    if (!fetched.changed) return false;
    const auto header = folder_.check(fetched.bytes);
    if (!header) return tl::unexpected(header.error());
    if (auto done = folder_.put(name, header->kind, fetched.bytes); !done) {
        return tl::unexpected(done.error());
    }
    return true;
}

/// How the attempt ended; `reason` is empty when it went well.
void FetchedImages::note(const std::string& name, const ImageValidators& known,
                         const std::string& reason)
{
    Image image;
    bool news = false;
    {
        const std::lock_guard lock(mutex_);
        auto& there = images_.at(name);
        news = !reason.empty() && reason != there.reason;
        there.tried = true;
        there.known = known;
        there.reason = reason;
        there.failures = reason.empty() ? 0 : there.failures + 1;
        const auto doubled = needs_.retry_s << std::clamp(there.failures - 1, 0, 16);
        there.next_s = now_s() + (reason.empty() ? needs_.again_s
                                                 : std::min<std::int64_t>(doubled, kLongestRetry));
        image = there;
    }
    save(name, image);
    if (news) tell(image);
}

/// What an earlier process knew of it.
void FetchedImages::load(const std::string& name, Image& image) const
{
    const auto text = nginx::read_file(folder_.path() / (name + ".json"));
    const auto kept = text ? json::parse(*text, nullptr, false) : json();
    if (!kept.is_object()) return;
    image.known = {kept.value("etag", ""), kept.value("last_modified", "")};
    image.reason = kept.value("reason", "");
    if (!image.reason.empty() || !image_file(folder_.path(), name)) return;
    image.tried = true;
    image.next_s = std::min(kept.value("next_s", std::int64_t{0}), now_s() + needs_.again_s);
}

void FetchedImages::save(const std::string& name, const Image& image) const
{
    const json kept{{"etag", image.known.etag},
                    {"last_modified", image.known.last_modified},
                    {"reason", image.reason},
                    {"next_s", image.next_s}};
    const auto text = kept.dump(-1, ' ', false, json::error_handler_t::replace);
    const auto done = nginx::write_file(folder_.path() / (name + ".json"), text, kMode);
    if (!done) log_message(Level::error, "images: " + done.error().detail);
}

void FetchedImages::tell(const Image& image) const
{
    json channels = json::array();
    for (const auto& channel : image.channels) {
        if (channels.size() < kMostTold) channels.push_back(channel);
    }
    const json data{{"url", without_secrets(image.url)},
                    {"reason", image.reason},
                    {"channels", std::move(channels)}};
    const auto done = journal_.record({"asset.failed", {}, now_ms(), data});
    if (!done) log_message(Level::error, "images: " + done.error().detail);
}

void FetchedImages::announce()
{
    if (!changed_.empty()) needs_.changed(std::exchange(changed_, {}));
}

json FetchedImages::state(const json& image) const
{
    const auto answer = [](const char* state, const json& reason = nullptr) {
        return json{{"state", state}, {"reason", reason}};
    };
    if (image.at("enabled") != true) return answer("none");
    const auto name = image_name(image);
    const bool there = image_file(folder_.path(), name).has_value();
    if (image.at("asset").is_string()) {
        return there ? answer("ready") : answer("failed", "the uploaded image is not there");
    }
    const std::lock_guard lock(mutex_);
    const auto known = images_.find(name);
    const auto reason = known == images_.end() ? std::string() : known->second.reason;
    const auto shown = reason.empty() ? json() : json(reason);
    if (there) return answer("ready", shown);
    return reason.empty() ? answer("fetching") : answer("failed", shown);
}

}  // namespace sluice::control
