#include "rtmp_publisher.hpp"

#include <gtest/gtest.h>

#include "amf0.hpp"
#include "chunk_writer.hpp"

namespace sluice::bench {
namespace {

constexpr std::size_t kSmallChunk = 128;

Bytes server_handshake()
{
    Bytes out(1 + 2 * 1536, 7);
    out[0] = 3;
    return out;
}

Bytes command(std::string_view name, double transaction, std::string_view code = {},
              double number = -1)
{
    Bytes body;
    amf0::append_string(body, name);
    amf0::append_number(body, transaction);
    amf0::append_null(body);
    if (number >= 0) amf0::append_number(body, number);
    if (!code.empty()) {
        amf0::begin_object(body);
        amf0::append_key_string(body, "level", "status");
        amf0::append_key_string(body, "code", code);
        amf0::append_key_string(body, "description", std::string(200, 'd'));
        amf0::end_object(body);
    }
    Bytes out;
    append_message(out, kSmallChunk, 3, rtmp::kCommand, 0, 0, body);
    return out;
}

Bytes take(RtmpPublisher& publisher)
{
    const auto pending = publisher.pending();
    Bytes out(pending.begin(), pending.end());
    publisher.sent(out.size());
    return out;
}

bool holds(const Bytes& bytes, std::string_view text)
{
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size()).find(text) !=
           std::string_view::npos;
}

/// Goes up to `publish`; the server answers createStream with stream 5.
RtmpPublisher asked_to_publish()
{
    RtmpPublisher publisher({"rtmp://127.0.0.1:1935/live", "live", "demo?sign=x"});
    EXPECT_EQ(take(publisher).size(), 1537U);
    EXPECT_TRUE(publisher.receive(server_handshake()));
    EXPECT_TRUE(holds(take(publisher), "connect"));
    EXPECT_TRUE(publisher.receive(command("_result", 1, "NetConnection.Connect.Success")));
    EXPECT_TRUE(holds(take(publisher), "createStream"));
    EXPECT_TRUE(publisher.receive(command("_result", 4, {}, 5)));
    EXPECT_TRUE(holds(take(publisher), "demo?sign=x"));
    return publisher;
}

TEST(RtmpPublisher, StartsWhenTheServerSaysPublishStart)
{
    auto publisher = asked_to_publish();
    EXPECT_FALSE(publisher.started());
    EXPECT_TRUE(publisher.receive(command("onStatus", 0, "NetStream.Publish.Start")));
    EXPECT_TRUE(publisher.started());
}

TEST(RtmpPublisher, TakesTheServersBytesOneByOne)
{
    auto publisher = asked_to_publish();
    for (const auto byte : command("onStatus", 0, "NetStream.Publish.Start")) {
        ASSERT_TRUE(publisher.receive(View(&byte, 1)));
    }
    EXPECT_TRUE(publisher.started());
}

TEST(RtmpPublisher, ReportsTheCodeOfARefusal)
{
    auto publisher = asked_to_publish();
    const auto refused = publisher.receive(command("onStatus", 0, "NetStream.Publish.BadName"));
    ASSERT_FALSE(refused);
    EXPECT_NE(refused.error().find("NetStream.Publish.BadName"), std::string::npos);
}

TEST(RtmpPublisher, AnswersAPing)
{
    auto publisher = asked_to_publish();
    Bytes ping;
    append_message(ping, kSmallChunk, 2, rtmp::kUserControl, 0, 0, Bytes{0, 6, 1, 2, 3, 4});
    ASSERT_TRUE(publisher.receive(ping));
    const auto answer = take(publisher);
    EXPECT_EQ(Bytes(answer.end() - 6, answer.end()), (Bytes{0, 7, 1, 2, 3, 4}));
}

TEST(RtmpPublisher, SendsMediaThatAChunkReaderPutsTogetherAgain)
{
    auto publisher = asked_to_publish();
    ASSERT_TRUE(publisher.receive(command("onStatus", 0, "NetStream.Publish.Start")));
    const Bytes body(10'000, 0x27);
    publisher.send({MediaType::video, 0x01000000, body});

    ChunkReader reader;
    Bytes size;
    append_message(size, kSmallChunk, 2, rtmp::kSetChunkSize, 0, 0, Bytes{0, 0, 0x10, 0});
    reader.append(size);
    reader.append(take(publisher));
    ASSERT_TRUE(reader.next().value());
    const auto message = reader.next();
    ASSERT_TRUE(message && *message);
    EXPECT_EQ((*message)->type, 9);
    EXPECT_EQ((*message)->body, body);
}

}  // namespace
}  // namespace sluice::bench
