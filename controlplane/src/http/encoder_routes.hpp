#pragma once

#include <string>
#include <utility>

#include "../ffmpeg/encoders.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/encoders: what this machine can code with.
class EncoderRoutes {
public:
    EncoderRoutes(const ffmpeg::Installed& installed, std::string path)
        : installed_(installed), path_(std::move(path))
    {}

    void mount(Router& router);

private:
    Answer show() const;

    const ffmpeg::Installed& installed_;
    std::string path_;
};

}  // namespace sluice::control::http
