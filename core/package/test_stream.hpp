#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "core/channel/temporary_folder.hpp"
#include "core/codec/test_samples.hpp"
#include "core/flv/metadata.hpp"
#include "core/hub/process.hpp"
#include "core/media/track.hpp"
#include "manifest.hpp"
#include "media_playlist.hpp"
#include "multivariant.hpp"
#include "packager.hpp"
#include "window_checks.hpp"

/// For tests: a publisher whose stream is packaged in virtual time.
namespace sluice::package::test {

using Body = std::vector<std::uint8_t>;

inline const codec::samples::Video& h264()
{
    return codec::samples::video.at(1);  // 1280x720, 30 frames a second say its headers
}
inline const codec::samples::Video& television()
{
    return codec::samples::video.at(2);  // 29.97
}
inline const codec::samples::Video& film()
{
    return codec::samples::video.at(6);  // 24
}
inline const codec::samples::Video& another_h264()
{
    return codec::samples::video.at(0);
}
inline const codec::samples::Video& hevc()
{
    return codec::samples::video.at(8);
}
inline const codec::samples::Video& av1()
{
    return codec::samples::video.at(14);  // says no rate
}
inline const codec::samples::Audio& aac()
{
    return codec::samples::audio.at(0);  // 48 kHz
}
inline const codec::samples::Audio& another_aac()
{
    return codec::samples::audio.at(1);  // 44.1 kHz
}
inline const codec::samples::Audio& opus()
{
    return codec::samples::audio.at(3);
}

inline Body joined(Body head, const Body& tail)
{
    head.insert(head.end(), tail.begin(), tail.end());
    return head;
}

inline Body video_header(const codec::samples::Video& sample)
{
    const auto config = codec::samples::bytes(sample.hex);
    if (sample.codec == flv::VideoCodec::av1) return joined({0x90, 'a', 'v', '0', '1'}, config);
    const std::uint8_t head = sample.codec == flv::VideoCodec::hevc ? 0x1c : 0x17;
    return joined({head, 0, 0, 0, 0}, config);
}

/// One NAL unit, or one OBU, of `size` bytes.
inline Body video_frame(const codec::samples::Video& sample, bool key, int composition_ms,
                        std::size_t size = 40)
{
    Body data(size, 0xab);
    if (sample.codec == flv::VideoCodec::av1) {
        data[0] = 0x32;
        return joined({static_cast<std::uint8_t>(key ? 0x91 : 0xa1), 'a', 'v', '0', '1'}, data);
    }
    const bool is_hevc = sample.codec == flv::VideoCodec::hevc;
    data[0] = is_hevc ? (key ? 0x26 : 0x02) : (key ? 0x65 : 0x41);
    const auto cts = static_cast<std::uint32_t>(composition_ms);
    const auto head = static_cast<std::uint8_t>((key ? 0x10 : 0x20) | (is_hevc ? 12 : 7));
    const Body front{head,
                     1,
                     static_cast<std::uint8_t>(cts >> 16),
                     static_cast<std::uint8_t>(cts >> 8),
                     static_cast<std::uint8_t>(cts),
                     0,
                     0,
                     static_cast<std::uint8_t>(size >> 8),
                     static_cast<std::uint8_t>(size)};
    return joined(front, data);
}

inline Body audio_header(const codec::samples::Audio& sample)
{
    const auto config = codec::samples::bytes(sample.hex);
    if (sample.codec == flv::AudioCodec::opus) return joined({0x90, 'O', 'p', 'u', 's'}, config);
    return joined({0xaf, 0}, config);
}

inline Body audio_frame(const codec::samples::Audio& sample)
{
    if (sample.codec == flv::AudioCodec::opus) {
        return joined({0x91, 'O', 'p', 'u', 's', 0xf8}, Body(30, 0xcd));  // 20 ms of CELT
    }
    return joined({0xaf, 1}, Body(30, 0xcd));
}

/// 44.1 kHz, 128 kbit/s, layer III.
inline Body mp3_frame()
{
    return joined({0x2f, 0xff, 0xfb, 0x90, 0x64}, Body(413, 0));
}

/// A stream's rack in memory that forked processes share.
class SharedRack {
public:
    SharedRack()
        : memory_(::mmap(nullptr, Rack::bytes_for(1), PROT_READ | PROT_WRITE,
                         MAP_SHARED | MAP_ANONYMOUS, -1, 0))
    {}
    SharedRack(const SharedRack&) = delete;
    SharedRack& operator=(const SharedRack&) = delete;
    ~SharedRack() { ::munmap(memory_, Rack::bytes_for(1)); }

    StreamRack& operator*() const { return *static_cast<StreamRack*>(memory_); }

private:
    void* memory_;
};

/// A publisher: what it sends, and what has become of it so far.
class Publisher {
public:
    static constexpr std::int64_t kBegin = 1'795'000'000'000;  ///< wall clock at time 0

    Publisher(StreamRack& rack, std::string root) : rack_(&rack), root_(std::move(root)) {}

    PackageSettings settings{.hls = true, .cmaf = true};
    std::string name = "demo";
    std::uint64_t run = 7;
    const codec::samples::Video* picture = &h264();  ///< null: none
    const codec::samples::Audio* sound = &aac();     ///< null: none
    double fps = 25;
    double key_every_s = 2;
    int b_frames = 0;                       ///< between two others; they are decoded one frame late
    double clock = 1;                       ///< seconds of its own in one of the world's
    int frame_bytes = 40;                   ///< of a picture
    bool metadata = false;                  ///< says its frame rate
    const StreamRack* programme = nullptr;  ///< whose rendition it is
    double time_s = 0;                      ///< what was sent so far
    Packaged last;                          ///< of the newest message
    int changes_failing = 0;                ///< how often `failing` was another than before

    /// Takes the window over and sends its headers.
    void begin()
    {
        packager_ = std::make_unique<Packager>(
            *take_over(*rack_, hub::own_process_id()), root_,
            StreamIdentity{.name = name, .run = run, .programme = programme}, settings, arrival());
        if (metadata) send(flv::TagType::script, flv::encode_metadata({.framerate = fps}));
        if (picture != nullptr) send(flv::TagType::video, video_header(*picture));
        if (sound != nullptr) send(flv::TagType::audio, audio_header(*sound));
    }
    void end() { packager_.reset(); }
    void note_absence() { last = packager_->note_absence(); }

    /// Sends everything up to this time.
    void play_to(double end_s)
    {
        for (;;) {
            const bool video = picture != nullptr && next_picture_s_ < end_s;
            const bool audio = sound != nullptr && next_sound_s_ < end_s;
            if (!video && !audio) break;
            if (video && (!audio || next_picture_s_ <= next_sound_s_)) {
                send_picture();
            } else {
                send_sound();
            }
        }
        time_s = end_s;
        skip_to(end_s);
    }
    void play(double seconds) { play_to(time_s + seconds); }

    /// Nothing is sent of what lies before.
    void skip_to(double at_s)
    {
        time_s = std::max(time_s, at_s);
        while (next_picture_s_ < at_s - 1e-9) step_picture();
        while (next_sound_s_ < at_s - 1e-9) step_sound();
    }

    /// Others than before, from here on.
    void change_picture(const codec::samples::Video* to)
    {
        picture = to;
        if (to != nullptr) send(flv::TagType::video, video_header(*to));
    }
    void change_sound(const codec::samples::Audio* to)
    {
        sound = to;
        if (to != nullptr) send(flv::TagType::audio, audio_header(*to));
    }

    void send(flv::TagType type, const Body& body) { send(type, body, dts_ms(time_s)); }
    void send(flv::TagType type, const Body& body, std::int64_t dts_ms)
    {
        const auto failing = last.failing;
        last = packager_->take(type, body, dts_ms, arrival());
        changes_failing += failing != last.failing ? 1 : 0;
    }

    Arrival arrival() const
    {
        const auto ms = std::llround(time_s * 1000 / clock);
        return {.wall_ms = kBegin + ms, .mono_ms = 1'000'000 + ms};
    }

    static std::int64_t dts_ms(double at_s)
    {
        return 5000 + static_cast<std::int64_t>(std::floor(at_s * 1000 + 1e-6));
    }

    bool is_key(std::int64_t number) const
    {
        return number % std::max<std::int64_t>(std::llround(key_every_s * fps), 1) == 0;
    }

private:
    /// Of a group of `b_frames` and what they need, the first in decoding order is seen last.
    int composition_ms(bool key) const
    {
        if (b_frames == 0) return 0;
        const auto frames_later = in_group_ == 0 || key ? b_frames + 1 : 0;
        return static_cast<int>(std::lround((key ? 1 : frames_later) * 1000 / fps));
    }

    void send_picture()
    {
        time_s = next_picture_s_;
        const bool key = is_key(pictures_);
        if (key) in_group_ = 0;
        send(flv::TagType::video, video_frame(*picture, key, composition_ms(key),
                                              static_cast<std::size_t>(frame_bytes)));
        in_group_ = key ? 0 : (in_group_ + 1) % (b_frames + 1);
        step_picture();
    }

    void send_sound()
    {
        time_s = next_sound_s_;
        send(flv::TagType::audio, audio_frame(*sound));
        step_sound();
    }

    void step_picture() { next_picture_s_ = static_cast<double>(++pictures_) / fps; }
    void step_sound()
    {
        const bool is_opus = sound != nullptr && sound->codec == flv::AudioCodec::opus;
        const double rate = sound == nullptr ? 48'000 : sound->sample_rate;
        next_sound_s_ += (is_opus ? 960 : 1024) / rate;
    }

    StreamRack* rack_;
    std::string root_;
    std::unique_ptr<Packager> packager_;
    std::int64_t pictures_ = 0;
    int in_group_ = 0;
    double next_picture_s_ = 0;
    double next_sound_s_ = 0;
};

/// What viewers see.
inline std::unique_ptr<Window> window_of(const StreamRack& rack)
{
    auto window = std::make_unique<Window>();
    if (!read_window(rack, *window)) empty(*window);
    return window;
}

inline std::size_t count_files(const std::filesystem::path& root)
{
    std::size_t files = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
        files += entry.is_regular_file() ? 1 : 0;
    }
    return files;
}

/// A stream that is packaged below a folder of the test.
class StreamTest : public testing::Test {
protected:
    std::unique_ptr<Window> window() const { return window_of(*rack_); }

    /// What is wrong with anything that viewers could see now.
    std::string broken(bool steady = true) const
    {
        const auto now = window();
        for (const auto lane : {Lane::video, Lane::audio, Lane::transport}) {
            auto wrong = broken_files(root_, *now, lane);
            if (wrong.empty()) {
                const auto playlist = media_playlist(*now, lane, false);
                if (playlist) wrong = broken_promises(*playlist, steady);
            }
            if (!wrong.empty()) return wrong;
        }
        return {};
    }

    channel::TemporaryFolder folder_;
    const std::string root_ = folder_.path().string();
    SharedRack rack_;
    Publisher publisher_{*rack_, root_};
};

}  // namespace sluice::package::test
