#include "rtmp_publisher.hpp"

#include "amf0.hpp"
#include "chunk_writer.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kHandshakePart = 1536;  // RTMP 1.0, 5.2.3
constexpr std::size_t kServerHandshake = 1 + 2 * kHandshakePart;
constexpr std::uint32_t kChunkSize = 4096;
constexpr double kConnectTransaction = 1;
constexpr double kCreateTransaction = 4;
constexpr std::uint32_t kControlChunks = 2;
constexpr std::uint32_t kCommandChunks = 3;
constexpr std::uint32_t kAudioChunks = 4;
constexpr std::uint32_t kVideoChunks = 6;
constexpr std::uint8_t kPingRequest = 6;
constexpr std::uint8_t kPingResponse = 7;

Bytes named_command(std::string_view name, double transaction, std::string_view argument)
{
    Bytes body;
    amf0::append_string(body, name);
    amf0::append_number(body, transaction);
    amf0::append_null(body);
    amf0::append_string(body, argument);
    return body;
}

/// The stream's name without its arguments, which may hold a signature.
std::string_view bare(std::string_view name)
{
    return name.substr(0, name.find('?'));
}

}  // namespace

RtmpPublisher::RtmpPublisher(RtmpName name) : name_(std::move(name))
{
    begin();
}

void RtmpPublisher::begin()
{
    out_.push_back(3);
    out_.insert(out_.end(), 8, 0);
    for (std::size_t i = 8; i < kHandshakePart; ++i) out_.push_back(static_cast<std::uint8_t>(i));
}

Result<void> RtmpPublisher::receive(View bytes)
{
    if (state_ != State::handshake) {
        chunks_.append(bytes);
        return read_messages();
    }
    handshake_.insert(handshake_.end(), bytes.begin(), bytes.end());
    if (handshake_.size() < kServerHandshake) return {};
    return finish_handshake();
}

Result<void> RtmpPublisher::finish_handshake()
{
    if (handshake_[0] != 3) return fail("the server does not speak RTMP version 3");
    const auto s1 = View(handshake_).subspan(1, kHandshakePart);
    out_.insert(out_.end(), s1.begin(), s1.end());
    chunks_.append(View(handshake_).subspan(kServerHandshake));
    handshake_ = {};
    send_connect();
    return read_messages();
}

Result<void> RtmpPublisher::read_messages()
{
    for (;;) {
        auto message = chunks_.next();
        if (!message) return tl::unexpected(message.error());
        if (!*message) return {};
        if (auto handled = handle(**message); !handled) return handled;
    }
}

Result<void> RtmpPublisher::handle(const RtmpMessage& message)
{
    if (message.type == rtmp::kCommand) return handle_command(message);
    if (message.type == rtmp::kUserControl) answer_ping(message);
    return {};
}

Result<void> RtmpPublisher::handle_command(const RtmpMessage& message)
{
    const auto command = amf0::parse_command(message.body);
    if (!command) return fail("the server sent a command that is not AMF0");
    if (command->name == "_error")
        return fail("refused: " + command->code + " " + command->description);

    if (command->name == "_result" && command->transaction == kConnectTransaction) send_create();
    if (command->name == "_result" && command->transaction == kCreateTransaction) {
        stream_id_ = static_cast<std::uint32_t>(command->number.value_or(1));
        send_publish();
    }
    if (command->name != "onStatus") return {};
    if (command->code != "NetStream.Publish.Start") {
        return fail("refused: " + command->code + " " + command->description);
    }
    state_ = State::publishing;
    return {};
}

/// A server ends a session whose pings get no answer (RTMP 1.0, 7.1.7).
void RtmpPublisher::answer_ping(const RtmpMessage& message)
{
    if (message.body.size() < 6 || message.body[1] != kPingRequest) return;
    Bytes body(message.body.begin(), message.body.begin() + 6);
    body[1] = kPingResponse;
    append_message(out_, kChunkSize, kControlChunks, rtmp::kUserControl, 0, 0, body);
}

void RtmpPublisher::send_connect()
{
    const Bytes size{0, 0, kChunkSize >> 8, kChunkSize & 0xff};
    append_message(out_, kChunkSize, kControlChunks, rtmp::kSetChunkSize, 0, 0, size);

    Bytes body;
    amf0::append_string(body, "connect");
    amf0::append_number(body, kConnectTransaction);
    amf0::begin_object(body);
    amf0::append_key_string(body, "app", name_.app);
    amf0::append_key_string(body, "type", "nonprivate");
    amf0::append_key_string(body, "flashVer", "FMLE/3.0 (compatible; sluice-bench)");
    amf0::append_key_string(body, "tcUrl", name_.tc_url);
    amf0::end_object(body);
    send_command(0, body);
    state_ = State::connecting;
}

void RtmpPublisher::send_create()
{
    if (state_ != State::connecting) return;
    send_command(0, named_command("releaseStream", 2, bare(name_.stream)));
    send_command(0, named_command("FCPublish", 3, bare(name_.stream)));
    Bytes body;
    amf0::append_string(body, "createStream");
    amf0::append_number(body, kCreateTransaction);
    amf0::append_null(body);
    send_command(0, body);
    state_ = State::creating;
}

void RtmpPublisher::send_publish()
{
    if (state_ != State::creating) return;
    auto body = named_command("publish", 5, name_.stream);
    amf0::append_string(body, "live");
    send_command(stream_id_, body);
    state_ = State::waiting;
}

void RtmpPublisher::send_command(std::uint32_t stream_id, const Bytes& body)
{
    append_message(out_, kChunkSize, kCommandChunks, rtmp::kCommand, stream_id, 0, body);
}

void RtmpPublisher::send_headers(const SyntheticStream& source)
{
    Bytes body;
    amf0::append_string(body, "@setDataFrame");
    body.insert(body.end(), source.metadata().begin(), source.metadata().end());
    append_message(out_, kChunkSize, kAudioChunks, rtmp::kData, stream_id_, 0, body);
    send({MediaType::video, 0, SyntheticStream::video_config()});
    if (source.has_audio()) send({MediaType::audio, 0, SyntheticStream::audio_config()});
}

void RtmpPublisher::send(const Message& message)
{
    const auto chunks = message.type == MediaType::video ? kVideoChunks : kAudioChunks;
    append_message(out_, kChunkSize, chunks, static_cast<std::uint8_t>(message.type), stream_id_,
                   message.timestamp_ms, message.body);
}

void RtmpPublisher::sent(std::size_t bytes)
{
    out_at_ += bytes;
    if (out_at_ < out_.size()) return;
    out_.clear();
    out_at_ = 0;
}

}  // namespace sluice::bench
