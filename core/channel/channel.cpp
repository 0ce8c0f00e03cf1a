#include "channel.hpp"

#include <algorithm>
#include <cstring>

#include "channel_generated.h"

namespace sluice::channel {
namespace {

using Builder = flatbuffers::FlatBufferBuilder;

std::vector<fb::Cidr> pack(const std::vector<auth::Cidr>& list)
{
    std::vector<fb::Cidr> out;
    out.reserve(list.size());
    for (const auto& cidr : list) {
        out.emplace_back(flatbuffers::span<const std::uint8_t, 16>(cidr.network.bytes),
                         cidr.prefix);
    }
    return out;
}

flatbuffers::Offset<fb::Authorise> pack(Builder& builder, const std::optional<Authorise>& ask)
{
    return ask ? fb::CreateAuthorise(builder, ask->timeout_ms, ask->allow_on_failure) : 0;
}

flatbuffers::Offset<fb::Ingest> pack(Builder& builder, const Ingest& ingest)
{
    const auto allowed = pack(ingest.allow_ips);
    const auto key = builder.CreateString(ingest.key);
    const auto ips = allowed.empty() ? 0 : builder.CreateVectorOfStructs(allowed);
    const auto authorise = pack(builder, ingest.authorise);
    return fb::CreateIngest(builder, static_cast<fb::Auth>(ingest.auth), key,
                            static_cast<fb::OnDuplicate>(ingest.on_duplicate), ips,
                            ingest.reconnect_window_ms, authorise);
}

flatbuffers::Offset<fb::Playback> pack(Builder& builder, const Playback& playback)
{
    const auto allowed = pack(playback.allow_ips);
    const auto key = builder.CreateString(playback.key);
    const auto referers = playback.allow_referers.empty()
                              ? 0
                              : builder.CreateVectorOfStrings(playback.allow_referers);
    const auto origins =
        playback.allow_origins.empty() ? 0 : builder.CreateVectorOfStrings(playback.allow_origins);
    const auto ips = allowed.empty() ? 0 : builder.CreateVectorOfStructs(allowed);
    const auto authorise = pack(builder, playback.authorise);
    return fb::CreatePlayback(builder, static_cast<fb::Auth>(playback.auth), key, referers, origins,
                              ips, playback.max_viewers, authorise);
}

flatbuffers::Offset<fb::HookOutput> pack(Builder& builder, const HookOutput& output)
{
    const auto name = builder.CreateString(output.name);
    const auto argv = builder.CreateVectorOfStrings(output.argv);
    return fb::CreateHookOutput(builder, name, argv, output.width, output.height);
}

flatbuffers::Offset<fb::Hook> pack(Builder& builder, const Hook& hook)
{
    std::vector<flatbuffers::Offset<fb::HookOutput>> outputs;
    for (const auto& output : hook.outputs) outputs.push_back(pack(builder, output));
    const auto name = builder.CreateString(hook.name);
    const auto argv = builder.CreateVectorOfStrings(hook.argv);
    const auto made = builder.CreateVector(outputs);
    const auto folder = builder.CreateString(hook.folder);
    const auto secrets = builder.CreateVectorOfStrings(hook.secrets);
    return fb::CreateHook(builder, name, static_cast<fb::Feed>(hook.feed),
                          static_cast<fb::Frames>(hook.frames), argv, made, hook.progress, folder,
                          hook.cpu_units, hook.memory_mb, secrets, hook.show_input, hook.events,
                          hook.copies);
}

std::string text(const flatbuffers::String* from)
{
    return from == nullptr ? std::string() : from->str();
}

using Texts = flatbuffers::Vector<flatbuffers::Offset<flatbuffers::String>>;

std::vector<std::string> texts(const Texts* from)
{
    std::vector<std::string> out;
    if (from == nullptr) return out;
    out.reserve(from->size());
    for (const auto* item : *from) out.push_back(item->str());
    return out;
}

std::vector<auth::Cidr> networks(const flatbuffers::Vector<const fb::Cidr*>* from)
{
    std::vector<auth::Cidr> out;
    if (from == nullptr) return out;
    out.reserve(from->size());
    for (const auto* item : *from) {
        auth::Cidr cidr{.prefix = item->prefix()};
        std::copy_n(item->bytes()->Data(), cidr.network.bytes.size(), cidr.network.bytes.begin());
        out.push_back(cidr);
    }
    return out;
}

bool valid(const std::vector<auth::Cidr>& list)
{
    return std::ranges::all_of(list, [](const auth::Cidr& c) { return c.prefix <= 128; });
}

std::optional<Authorise> unpack(const fb::Authorise* from)
{
    if (from == nullptr) return std::nullopt;
    return Authorise{.timeout_ms = from->timeout_ms(),
                     .allow_on_failure = from->allow_on_failure()};
}

Ingest unpack(const fb::Ingest& from)
{
    return {.auth = static_cast<Auth>(from.auth()),
            .key = text(from.key()),
            .on_duplicate = static_cast<OnDuplicate>(from.on_duplicate()),
            .allow_ips = networks(from.allow_ips()),
            .reconnect_window_ms = from.reconnect_window_ms(),
            .authorise = unpack(from.authorise())};
}

Outputs unpack(const fb::Outputs& from)
{
    return {.flv = from.flv(), .hls = from.hls(), .cmaf = from.cmaf(), .rtmp = from.rtmp()};
}

Packaging unpack(const fb::Packaging& from)
{
    return {.segment_ms = from.segment_ms(),
            .part_ms = from.part_ms(),
            .list_size = from.list_size(),
            .dvr_window_s = from.dvr_window_s()};
}

Playback unpack(const fb::Playback& from)
{
    return {.auth = static_cast<Auth>(from.auth()),
            .key = text(from.key()),
            .allow_referers = texts(from.allow_referers()),
            .allow_origins = texts(from.allow_origins()),
            .allow_ips = networks(from.allow_ips()),
            .max_viewers = from.max_viewers(),
            .authorise = unpack(from.authorise())};
}

Channel unpack(const fb::Channel& from)
{
    return {.id = from.id()->str(),
            .version = from.version(),
            .enabled = from.enabled(),
            .expires_at_s = from.expires_at_s(),
            .ingest = unpack(*from.ingest()),
            .outputs = unpack(*from.outputs()),
            .packaging = unpack(*from.packaging()),
            .playback = unpack(*from.playback())};
}

HookOutput unpack(const fb::HookOutput& from)
{
    return {.name = text(from.name()),
            .argv = texts(from.argv()),
            .width = from.width(),
            .height = from.height()};
}

Hook unpack(const fb::Hook& from)
{
    Hook hook{.name = from.name()->str(),
              .feed = static_cast<Feed>(from.feed()),
              .frames = static_cast<Frames>(from.frames()),
              .argv = texts(from.argv()),
              .progress = from.progress(),
              .events = from.events(),
              .folder = text(from.folder()),
              .cpu_units = from.cpu_units(),
              .memory_mb = from.memory_mb(),
              .secrets = texts(from.secrets()),
              .copies = from.copies(),
              .show_input = from.show_input()};
    if (from.outputs() == nullptr) return hook;
    for (const auto* output : *from.outputs()) hook.outputs.push_back(unpack(*output));
    return hook;
}

bool known(const Hook& hook)
{
    return hook.feed <= Feed::programme && hook.frames <= Frames::key && !hook.argv.empty();
}

/// A record that was checked, in memory that FlatBuffers may read.
class Record {
public:
    /// LMDB aligns values to 2, FlatBuffers reads 8 bytes at a time.
    explicit Record(std::span<const std::uint8_t> bytes) : aligned_((bytes.size() + 7) / 8)
    {
        if (!bytes.empty()) std::memcpy(aligned_.data(), bytes.data(), bytes.size());
        const auto* data = reinterpret_cast<const std::uint8_t*>(aligned_.data());
        flatbuffers::Verifier verifier(data, bytes.size());
        if (fb::VerifyChannelBuffer(verifier)) root_ = fb::GetChannel(data);
    }

    /// Null when it is none.
    const fb::Channel* root() const { return root_; }

private:
    std::vector<std::uint64_t> aligned_;
    const fb::Channel* root_ = nullptr;
};

// A rule we don't know must not be read as the laxest one.
bool known(const Channel& channel)
{
    return channel.ingest.auth <= Auth::signature && channel.playback.auth <= Auth::signature &&
           channel.ingest.on_duplicate <= OnDuplicate::replace && valid(channel.ingest.allow_ips) &&
           valid(channel.playback.allow_ips);
}

}  // namespace

std::vector<std::uint8_t> encode(const Channel& channel, std::span<const Hook> hooks)
{
    Builder builder;
    const auto id = builder.CreateString(channel.id);
    const auto ingest = pack(builder, channel.ingest);
    const auto& on = channel.outputs;
    const auto outputs = fb::CreateOutputs(builder, on.flv, on.hls, on.cmaf, on.rtmp);
    const auto& cut = channel.packaging;
    const auto packaging =
        fb::CreatePackaging(builder, cut.segment_ms, cut.part_ms, cut.list_size, cut.dvr_window_s);
    const auto playback = pack(builder, channel.playback);
    std::vector<flatbuffers::Offset<fb::Hook>> packed;
    for (const auto& hook : hooks) packed.push_back(pack(builder, hook));
    const auto all = packed.empty() ? 0 : builder.CreateVector(packed);
    fb::FinishChannelBuffer(builder, fb::CreateChannel(builder, id, channel.version,
                                                       channel.enabled, channel.expires_at_s,
                                                       ingest, outputs, packaging, playback, all));
    return {builder.GetBufferPointer(), builder.GetBufferPointer() + builder.GetSize()};
}

Result<Channel> decode(std::span<const std::uint8_t> bytes)
{
    const Record record(bytes);
    if (record.root() == nullptr) return tl::unexpected(Error{Errc::malformed, "channel record"});
    auto channel = unpack(*record.root());
    if (!known(channel)) return tl::unexpected(Error{Errc::malformed, "channel record value"});
    return channel;
}

bool has_pull(std::span<const std::uint8_t> encoded)
{
    const Record record(encoded);
    if (record.root() == nullptr || record.root()->hooks() == nullptr) return false;
    return std::ranges::any_of(*record.root()->hooks(),
                               [](const auto* hook) { return unpack(*hook).pulls(); });
}

Result<std::vector<Hook>> decode_hooks(std::span<const std::uint8_t> bytes)
{
    const Record record(bytes);
    if (record.root() == nullptr) return tl::unexpected(Error{Errc::malformed, "channel record"});
    std::vector<Hook> hooks;
    if (record.root()->hooks() == nullptr) return hooks;
    for (const auto* packed : *record.root()->hooks()) {
        hooks.push_back(unpack(*packed));
        if (!known(hooks.back()))
            return tl::unexpected(Error{Errc::malformed, "hook record value"});
    }
    return hooks;
}

}  // namespace sluice::channel
