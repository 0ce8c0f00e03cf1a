#include "manifest.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>

#include "core/base/date_time.hpp"

namespace sluice::dash {
namespace {

constexpr std::int64_t kSecondMs = 1000;

std::string escaped(std::string_view text)
{
    std::string out;
    for (const char c : text) {
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    }
    return out;
}

/// xs:duration in seconds.
std::string duration(std::int64_t ms)
{
    std::array<char, 40> text{};
    std::snprintf(text.data(), text.size(), "PT%lld.%03lldS",
                  static_cast<long long>(ms / kSecondMs), static_cast<long long>(ms % kSecondMs));
    return text.data();
}

/// An element that is being written.
class Xml {
public:
    Xml& open(std::string_view name)
    {
        close_tag();
        text_ += '<';
        text_ += name;
        inside_tag_ = true;
        return *this;
    }

    Xml& with(std::string_view name, std::string_view value)
    {
        text_ += ' ';
        text_ += name;
        text_ += "=\"" + escaped(value) + '"';
        return *this;
    }
    Xml& with(std::string_view name, std::uint64_t value)
    {
        return with(name, std::to_string(value));
    }

    void close(std::string_view name)
    {
        if (inside_tag_) {
            text_ += "/>\n";
            inside_tag_ = false;
            return;
        }
        text_ += "</";
        text_ += name;
        text_ += ">\n";
    }

    std::string take() { return std::move(text_); }

private:
    void close_tag()
    {
        if (inside_tag_) text_ += ">\n";
        inside_tag_ = false;
    }

    std::string text_ = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";
    bool inside_tag_ = false;
};

void timeline(const std::vector<Run>& runs, Xml& xml)
{
    xml.open("SegmentTimeline");
    for (const auto& run : runs) {
        xml.open("S").with("t", run.time).with("d", run.duration);
        if (run.count > 1) xml.with("r", run.count - 1);
        xml.close("S");
    }
    xml.close("SegmentTimeline");
}

void segments(const Representation& r, Xml& xml)
{
    xml.open("SegmentTemplate").with("timescale", r.timescale);
    if (r.time_offset != 0) xml.with("presentationTimeOffset", r.time_offset);
    xml.with("initialization", r.initialization).with("media", r.media);
    xml.with("startNumber", r.start_number);
    timeline(r.timeline, xml);
    xml.close("SegmentTemplate");
}

void representation(const Representation& r, Xml& xml)
{
    xml.open("Representation").with("id", r.id).with("codecs", r.codecs);
    xml.with("bandwidth", r.bandwidth_bps);
    if (r.width != 0) xml.with("width", r.width).with("height", r.height);
    if (!r.frame_rate.empty()) xml.with("frameRate", r.frame_rate);
    if (r.sample_rate != 0) xml.with("audioSamplingRate", r.sample_rate);
    if (r.channels != 0) {
        xml.open("AudioChannelConfiguration")
            .with("schemeIdUri", "urn:mpeg:dash:23003:3:audio_channel_configuration:2011")
            .with("value", r.channels);
        xml.close("AudioChannelConfiguration");
    }
    segments(r, xml);
    xml.close("Representation");
}

/// Groups of pictures longer than a segment are cut all the same: then nothing may be promised.
bool all_independent(const Period& period, bool video)
{
    return std::ranges::all_of(period.representations, [video](const Representation& r) {
        return r.video != video || r.independent;
    });
}

/// All representations of a kind are one set between which players switch.
void adaptation_set(const Period& period, bool video, Xml& xml)
{
    bool any = false;
    for (const auto& r : period.representations) {
        if (r.video != video) continue;
        if (!any) {
            xml.open("AdaptationSet").with("contentType", video ? "video" : "audio");
            xml.with("mimeType", video ? "video/mp4" : "audio/mp4");
            xml.with("segmentAlignment", "true");
            if (all_independent(period, video)) xml.with("startWithSAP", "1");
        }
        any = true;
        representation(r, xml);
    }
    if (any) xml.close("AdaptationSet");
}

void head(const Manifest& m, Xml& xml)
{
    xml.open("MPD").with("xmlns", "urn:mpeg:dash:schema:mpd:2011");
    xml.with("profiles", "urn:mpeg:dash:profile:isoff-live:2011,urn:mpeg:dash:profile:cmaf:2019");
    if (m.ended_ms) {
        xml.with("type", "static").with("mediaPresentationDuration", duration(*m.ended_ms));
    } else {
        xml.with("type", "dynamic")
            .with("availabilityStartTime", utc_date_time(m.availability_start_ms));
        xml.with("publishTime", utc_date_time(m.publish_ms));
        xml.with("minimumUpdatePeriod", duration(m.update_ms));
        xml.with("timeShiftBufferDepth", duration(m.depth_ms));
        xml.with("suggestedPresentationDelay", duration(m.delay_ms));
    }
    xml.with("minBufferTime", duration(m.segment_ms));
    xml.with("maxSegmentDuration", duration(m.segment_ms));
}

}  // namespace

std::string render(const Manifest& manifest)
{
    Xml xml;
    head(manifest, xml);
    for (const auto& period : manifest.periods) {
        xml.open("Period").with("id", period.id).with("start", duration(period.start_ms));
        adaptation_set(period, true, xml);
        adaptation_set(period, false, xml);
        xml.close("Period");
    }
    if (manifest.clock_ms != 0 && !manifest.ended_ms) {
        // 5.8.4.11: the server's time, said in the manifest itself.
        xml.open("UTCTiming").with("schemeIdUri", "urn:mpeg:dash:utc:direct:2014");
        xml.with("value", utc_date_time(manifest.clock_ms));
        xml.close("UTCTiming");
    }
    xml.close("MPD");
    return xml.take();
}

}  // namespace sluice::dash
