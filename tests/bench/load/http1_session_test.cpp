#include "http1_session.hpp"

#include <gtest/gtest.h>

namespace sluice::bench {
namespace {

Result<void> feed(Http1Session& session, std::string_view text, std::size_t step = 1000)
{
    while (!text.empty()) {
        const auto piece = text.substr(0, step);
        text.remove_prefix(piece.size());
        const Bytes bytes(piece.begin(), piece.end());
        if (auto taken = session.receive(bytes); !taken) return taken;
    }
    return {};
}

std::string body(const Http1Session& session)
{
    return {session.body().begin(), session.body().end()};
}

class Http1SessionInPieces : public testing::TestWithParam<std::size_t> {};

TEST_P(Http1SessionInPieces, AnswersFollowOneAnother)
{
    Http1Session session("127.0.0.1:80");
    session.get("/a");
    ASSERT_TRUE(feed(session, "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", GetParam()));
    EXPECT_FALSE(session.busy());
    EXPECT_EQ(session.status(), 200);
    EXPECT_EQ(body(session), "abc");
    EXPECT_TRUE(session.kept());

    session.get("/b");
    EXPECT_TRUE(session.busy());
    ASSERT_TRUE(feed(session,
                     "HTTP/1.1 404 Not Found\r\nCONTENT-LENGTH: 0\r\nConnection: close\r\n\r\n",
                     GetParam()));
    EXPECT_FALSE(session.busy());
    EXPECT_EQ(session.status(), 404);
    EXPECT_EQ(body(session), "");
    EXPECT_FALSE(session.kept());
}

TEST_P(Http1SessionInPieces, ChunksAreJoined)
{
    Http1Session session("127.0.0.1:80");
    session.get("/a");
    constexpr auto head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    ASSERT_TRUE(feed(session, head, GetParam()));
    ASSERT_TRUE(feed(session, "3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nX: y\r\n", GetParam()));
    EXPECT_TRUE(session.busy());
    ASSERT_TRUE(feed(session, "\r\n", GetParam()));
    EXPECT_FALSE(session.busy());
    EXPECT_EQ(body(session), "abc0123456789");
}

INSTANTIATE_TEST_SUITE_P(Sizes, Http1SessionInPieces, testing::Values(1, 2, 5, 1000));

TEST(Http1Session, AsksWithHostAndPath)
{
    Http1Session session("[::1]:8080");
    session.get("/demo/live.m3u8?_HLS_msn=1");
    EXPECT_TRUE(session.pending().starts_with(
        "GET /demo/live.m3u8?_HLS_msn=1 HTTP/1.1\r\nHost: [::1]:8080\r\n"));
    session.sent(session.pending().size());
    EXPECT_TRUE(session.pending().empty());
}

TEST(Http1Session, AShortBodyStaysOwed)
{
    Http1Session session("h");
    session.get("/");
    ASSERT_TRUE(feed(session, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nabc"));
    EXPECT_TRUE(session.busy());
}

TEST(Http1Session, WhatHasNoEndOrComesUnaskedIsAnError)
{
    for (const auto* answer :
         {"HTTP/1.1 200 OK\r\nServer: x\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n",
          "SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nab",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
          "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n"}) {
        Http1Session session("h");
        session.get("/");
        EXPECT_FALSE(feed(session, answer, 7)) << answer;
    }
}

}  // namespace
}  // namespace sluice::bench
