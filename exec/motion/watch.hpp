#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "core/fmp4/demuxer.hpp"
#include "core/motion/detector.hpp"
#include "core/motion/selection.hpp"
#include "decoder.hpp"
#include "options.hpp"
#include "recorder.hpp"
#include "reports.hpp"
#include "workshop.hpp"

namespace sluice::motion {

/// The life of the program: reads the stream, looks at it, and has recorded what moves.
class Watch : private fmp4::DemuxerSink {
public:
    /// SIGCHLD and SIGTERM must be blocked.
    explicit Watch(const Options& options);
    ~Watch();
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    /// Until the input ends and all clips are finished. The exit status of the program.
    int run();

private:
    void movie(std::span<const fmp4::MovieTrack> tracks) override;
    void sample(const fmp4::DemuxedSample& sample) override;

    void wait_for_something();
    void read_signals();
    void reap();
    void read_input();
    void end_input(int status);
    void start_decoder();
    void decode(const Unit& unit);
    void work_on_pictures();
    void look(std::int64_t at_ms, std::span<const std::uint8_t> picture);
    bool fed_faster_than_live() const;
    std::int64_t media_ms() const { return newest_ms_ - first_ms_.value_or(newest_ms_); }

    Options options_;
    Reports reports_;
    Workshop workshop_;
    Recorder recorder_;
    Selection selection_;
    fmp4::Demuxer demuxer_;
    Tracks tracks_;
    std::uint32_t track_ids_[2] = {};  ///< of the picture and the sound; 0: none
    std::unique_ptr<Decoder> decoder_;
    std::optional<Detector> detector_;

    int signals_;
    int status_ = 0;
    bool input_open_ = true;
    bool finished_ = false;
    bool said_no_picture_ = false;
    bool said_behind_ = false;
    std::optional<std::int64_t> first_ms_;  ///< media time
    std::int64_t newest_ms_ = 0;
    std::int64_t began_ms_ = 0;       ///< monotonic, at first_ms_
    std::int64_t utc_offset_ms_ = 0;  ///< what media times lack of those of the world
    std::optional<std::int64_t> looked_ms_;
    std::uint64_t frames_ = 0;
};

}  // namespace sluice::motion
