#include "sse.hpp"

#include <gtest/gtest.h>

namespace sluice::control::events {
namespace {

constexpr std::string_view kText =
    ": sluice events\n\nid: b-1\nevent: stream.started\ndata: {\"a\":1}\n\n: \n\n"
    "id: b-2\nevent: reset\ndata: {\"type\":\"reset\"}\n\n";

TEST(SseTest, MessagesAreTheSameHoweverTheirBytesArrive)
{
    for (std::size_t step = 1; step <= kText.size(); ++step) {
        MessageReader reader;
        std::vector<Message> found;
        for (std::size_t at = 0; at < kText.size(); at += step) {
            ASSERT_TRUE(reader.feed(kText.substr(at, step), found));
        }
        ASSERT_EQ(found.size(), 2U) << step;
        EXPECT_EQ(found[0].id, "b-1");
        EXPECT_EQ(found[0].type, "stream.started");
        EXPECT_EQ(found[0].data, "{\"a\":1}");
        EXPECT_EQ(found[1].type, "reset");
    }
}

TEST(SseTest, ALineWithoutEndIsNotCollectedForEver)
{
    MessageReader reader;
    std::vector<Message> found;
    const std::string piece(1000, 'x');
    std::size_t fed = 0;
    while (reader.feed(piece, found)) fed += piece.size();
    EXPECT_LE(fed, MessageReader::kMaxMessage);
}

}  // namespace
}  // namespace sluice::control::events
