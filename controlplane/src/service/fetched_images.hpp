#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "../store/store.hpp"
#include "image_fetch.hpp"
#include "image_folder.hpp"
#include "journal.hpp"

namespace sluice::control {

/// Keeps a file of every image that a channel names by its URL (`watermark.image.url`), fetched by
/// a thread of its own, one at a time, those first that were never asked for. Beside a file lies
/// what its server said of it. A file goes when no channel names its URL any more.
class FetchedImages {
public:
    static constexpr std::size_t kMaxUrls = 1000;  ///< of more, the others fail

    struct Needs {
        std::function<Result<FetchedImage>(const std::string& url, const ImageValidators& known,
                                           bool allow_private, const std::stop_token& ending)>
            fetch;
        std::function<bool()> allow_private;  ///< the setting
        /// The files of these channels are there now, or are others.
        std::function<void(const std::set<std::string>& channels)> changed;
        std::int64_t again_s = 3600;  ///< after a success
        std::int64_t retry_s = 10;    ///< after the first failure; then twice as long each time
    };

    /// Store, journal and folder must outlive this.
    FetchedImages(const store::Store& store, const Journal& journal, ImageFolder& folder,
                  Needs needs);

    void start();
    void stop();

    /// What became of `watermark.image`: {state: none|ready|fetching|failed, reason}.
    nlohmann::json state(const nlohmann::json& image) const;

private:
    struct Image {
        std::string url;
        std::set<std::string> channels;
        ImageValidators known;
        bool tried = false;
        std::string reason;  ///< of the last failure; empty after a success
        int failures = 0;    ///< in a row
        std::int64_t next_s = 0;
    };

    void run(const std::stop_token& ending);
    Result<void> follow();
    Result<void> read_all();
    void take(const std::string& channel, const std::optional<store::Entry>& entry);
    void forget_unnamed();
    void remove_strays();
    void remove_files(const std::string& name);
    void pause(const std::stop_token& ending);
    void retry_after_setting();
    std::optional<std::string> due() const;
    void fetch(const std::string& name, const std::stop_token& ending);
    Result<bool> settle(const std::string& name, FetchedImage&& fetched);
    void note(const std::string& name, const ImageValidators& known, const std::string& reason);
    void load(const std::string& name, Image& image) const;
    void save(const std::string& name, const Image& image) const;
    void tell(const Image& image) const;
    void announce();

    const store::Store& store_;
    const Journal& journal_;
    ImageFolder& folder_;
    Needs needs_;

    mutable std::mutex mutex_;
    std::map<std::string, Image> images_;  ///< by the names of their files

    // Of the thread alone.
    std::map<std::string, std::string> names_;  ///< by channel
    std::set<std::string> changed_;             ///< channels to be announced
    std::optional<store::Revision> seen_;
    bool allowed_ = false;

    std::jthread thread_;
};

}  // namespace sluice::control
