#include "http_exchange.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

const Endpoint kEndpoint{"http", "127.0.0.1", 8080, "/demo/live.flv"};

Bytes bytes_of(std::string_view text)
{
    return {text.begin(), text.end()};
}

/// Feeds `input` in pieces of `step` and joins the content.
Result<std::string> content(HttpExchange& exchange, const Bytes& input, std::size_t step)
{
    std::string out;
    std::vector<View> body;
    for (std::size_t at = 0; at < input.size(); at += step) {
        body.clear();
        const auto piece = View(input).subspan(at, std::min(step, input.size() - at));
        if (auto taken = exchange.receive(piece, body); !taken)
            return tl::unexpected(taken.error());
        for (const auto part : body) out.append(part.begin(), part.end());
    }
    return out;
}

class HttpExchangeInPieces : public testing::TestWithParam<std::size_t> {};

TEST_P(HttpExchangeInPieces, PlainBodyFollowsTheHead)
{
    auto get = make_http1_get(kEndpoint);
    const auto got =
        content(*get, bytes_of("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nFLV..."), GetParam());
    EXPECT_EQ(got.value(), "FLV...");
}

TEST_P(HttpExchangeInPieces, ChunkedBodyLosesItsFrames)
{
    auto get = make_http1_get(kEndpoint);
    const auto answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nFLV\r\nA;x=1\r\n0123456789\r\n";
    EXPECT_EQ(content(*get, bytes_of(answer), GetParam()).value(), "FLV0123456789");
}

TEST_P(HttpExchangeInPieces, Http2DataFramesAreTheBody)
{
    auto get = make_http2_get(kEndpoint);
    Bytes answer{0,   0, 0, 4, 0, 0, 0, 0, 0,        // SETTINGS
                 0,   0, 1, 1, 4, 0, 0, 0, 1, 0x88,  // HEADERS, :status 200
                 0,   0, 3, 0, 0, 0, 0, 0, 1, 'F',  'L',
                 'V', 0, 0, 0, 0, 0, 0, 0, 0, 1,  // DATA without content
                 0,   0, 1, 0, 0, 0, 0, 0, 1, '!'};
    EXPECT_EQ(content(*get, answer, GetParam()).value(), "FLV!");
}

INSTANTIATE_TEST_SUITE_P(Sizes, HttpExchangeInPieces, testing::Values(1, 2, 5, 1000));

TEST(HttpExchange, AnythingButA200IsAnError)
{
    auto get = make_http1_get(kEndpoint);
    const auto got = content(*get, bytes_of("HTTP/1.1 404 Not Found\r\n\r\n"), 1000);
    ASSERT_FALSE(got);
    EXPECT_EQ(got.error(), "answered HTTP/1.1 404 Not Found");
}

TEST(HttpExchange, Http2AnswersSettingsAndPings)
{
    auto get = make_http2_get(kEndpoint);
    get->sent(get->pending().size());
    std::vector<View> body;
    ASSERT_TRUE(get->receive(Bytes{0, 0, 8, 6, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}, body));
    const auto answer = get->pending();
    EXPECT_EQ(Bytes(answer.begin(), answer.end()),
              (Bytes{0, 0, 8, 6, 1, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8}));
}

}  // namespace
}  // namespace sluice::bench
