#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/byte_reader.hpp"
#include "core/dash/manifest.hpp"
#include "core/hls/media_playlist.hpp"
#include "core/hls/multivariant.hpp"
#include "core/package/manifest.hpp"
#include "core/package/media_playlist.hpp"
#include "core/package/multivariant.hpp"
#include "core/package/packager.hpp"
#include "core/package/window_checks.hpp"

namespace {

using namespace sluice;
namespace fs = std::filesystem;
using package::Lane;

constexpr auto kLanes = {Lane::video, Lane::audio, Lane::transport};
constexpr std::int64_t kWall = 1'795'000'000'000;

void require(bool holds, const std::string& what)
{
    if (holds) return;
    std::cerr << what << '\n';
    std::abort();
}

/// Where this process writes its segments; gone with it.
class Folder {
public:
    Folder()
    {
        const auto* memory = "/dev/shm";
        const bool usable = ::access(memory, W_OK) == 0;
        path_ = (usable ? fs::path(memory) : fs::temp_directory_path()) / "sluice-fuzz-XXXXXX";
        require(::mkdtemp(path_.data()) != nullptr, "no folder");
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { clean(true); }

    const std::string& path() const { return path_; }
    void clean(bool itself = false) const
    {
        std::error_code ignored;
        if (itself) fs::remove_all(path_, ignored);
        for (const auto& entry : fs::directory_iterator(path_, ignored)) {
            fs::remove_all(entry.path(), ignored);
        }
    }

private:
    std::string path_;
};

const std::string& folder()
{
    static const Folder one;
    one.clean();
    return one.path();
}

/// A publisher, and those who follow it.
class Packaging {
public:
    Packaging() : rack_(std::make_unique<package::StreamRack>()) { begin(); }

    void take(flv::TagType type, std::span<const std::uint8_t> body, std::int64_t after_ms)
    {
        now_ms_ += after_ms;
        require(!packager_->take(type, body, now_ms_, arrival()).failing, "the disk is not full");
        (void)packager_->take_completed();
    }

    /// What else happens to a stream.
    void happen(unsigned what, unsigned value)
    {
        switch (what) {
            case 1:  // the same publisher comes back
                packager_.reset();
                break;
            case 2:  // another one
                packager_.reset();
                ++run_;
                break;
            case 3:  // is stopped, and wakes when all is over
                stopped_ = std::move(packager_);
                break;
            case 4:
                packager_.reset();
                settings_ = {.hls = (value & 1) != 0,
                             .cmaf = (value & 2) != 0,
                             .segment_ms = 1000 + (value >> 2 & 7) * 500,
                             .part_ms = 100 + (value >> 5 & 7) * 100,
                             .list_size = 3 + (value >> 8)};
                break;
            case 5:  // the server's clock is set
                wall_ms_ += static_cast<std::int64_t>(value) * 100 - 3'000'000;
                return;
            default:
                return;
        }
        begin();
        check();
    }

    void check() const
    {
        auto window = std::make_unique<package::Window>();
        if (!package::read_window(*rack_, *window)) return;
        check_lanes(*window);
        check_texts(*window);
        std::ptrdiff_t files = 0;
        for (const auto& entry : fs::recursive_directory_iterator(root_)) {
            files += entry.is_regular_file() ? 1 : 0;
        }
        // Of each period two initialisation segments, and at most one that a kill cut short.
        require(files <= 3 * package::kMaxSegments + 3 * package::kMaxPeriods, "files");
    }

    void finish()
    {
        packager_.reset();
        check();
        stopped_.reset();
        auto window = std::make_unique<package::Window>();
        if (!package::read_window(*rack_, *window)) return;
        package::remove_files(root_, *window);
        require(fs::is_empty(root_), "something stays behind");
    }

private:
    package::Arrival arrival() const { return {.wall_ms = wall_ms_ + now_ms_, .mono_ms = now_ms_}; }

    void begin()
    {
        auto hold = package::take_over(*rack_, hub::own_process_id());
        require(hold.has_value(), "three publishers at once");
        packager_ = std::make_unique<package::Packager>(
            std::move(*hold), root_, package::StreamIdentity{.name = "a/b", .run = run_}, settings_,
            arrival());
    }

    void check_lanes(const package::Window& window) const
    {
        auto mended = std::make_unique<package::Window>(window);
        package::mend(*mended);
        require(mended->end_period == window.end_period, "periods do not fit together");
        for (const auto kind : kLanes) {
            require(mended->of(kind).end == window.of(kind).end, "a lane does not fit together");
            require(window.of(kind).end <= window.next_sequence, "a number that comes again");
            const auto broken = package::test::broken_files(root_, window, kind);
            require(broken.empty(), broken);
        }
    }

    static void check_texts(const package::Window& window)
    {
        for (const bool ended : {false, true}) {
            for (const auto kind : kLanes) {
                const auto playlist = package::media_playlist(window, kind, ended);
                if (!playlist) continue;
                const auto broken = package::test::broken_promises(*playlist, false);
                require(broken.empty(), broken);
                (void)hls::render(*playlist);
                (void)hls::render_delta(*playlist);
            }
            const auto manifest = package::manifest(window, ended, kWall);
            if (!manifest) continue;
            const auto text = dash::render(*manifest);
            require(text.find("PT-") == std::string::npos, "a time below zero");
            require(text.find("\"18446744") == std::string::npos, "a number below zero");
        }
        if (const auto variants = package::multivariant(window)) (void)hls::render(*variants);
    }

    std::string root_ = folder();
    std::unique_ptr<package::StreamRack> rack_;
    package::PackageSettings settings_{.hls = true, .cmaf = true};
    std::uint64_t run_ = 1;
    std::int64_t now_ms_ = 0;
    std::int64_t wall_ms_ = kWall;
    std::unique_ptr<package::Packager> packager_, stopped_;
};

}  // namespace

/// Messages as publication_fuzz reads them, but times only ever rise, as the normaliser makes them;
/// what is its timestamp says here what else happens first.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    constexpr int kChecksEvery = 64;
    Packaging packaging;
    ByteReader r({data, size});
    for (int i = 1; r.remaining() >= 10; ++i) {
        const auto head = r.u8();
        const auto after_ms = r.u16();
        const auto what = r.u8();
        r.skip(1);
        const auto value = r.u16();
        const auto wanted = r.u16();
        const auto times = r.u8();
        const auto taken = r.bytes(std::min<std::size_t>(wanted, r.remaining()));
        std::vector<std::uint8_t> body(taken.begin(), taken.end());
        if (!body.empty()) body.resize(body.size() * (1 + times), body.back());
        constexpr std::array kTypes{flv::TagType::audio, flv::TagType::video, flv::TagType::script};
        packaging.happen(what, value);
        packaging.take(kTypes[head % kTypes.size()], body, after_ms);
        if (i % kChecksEvery == 0) packaging.check();
    }
    packaging.finish();
    return 0;
}
