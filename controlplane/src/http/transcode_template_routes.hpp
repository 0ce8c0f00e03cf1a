#pragma once

#include "../service/idempotency.hpp"
#include "../service/transcode_templates.hpp"
#include "router.hpp"

namespace sluice::control::http {

/// /api/v1/transcode-templates and everything below it.
class TranscodeTemplateRoutes {
public:
    TranscodeTemplateRoutes(TranscodeTemplates& templates, Idempotency& memory)
        : templates_(templates), memory_(memory)
    {}

    void mount(Router& router);

private:
    Answer create(const Request& request);
    Answer list(const Request& request);
    Answer read(const Request& request);
    Answer patch(const Request& request);
    Answer replace(const Request& request);
    Answer remove(const Request& request);

    TranscodeTemplates& templates_;
    Idempotency& memory_;
};

}  // namespace sluice::control::http
