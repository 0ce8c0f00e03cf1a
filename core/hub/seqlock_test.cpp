#include "seqlock.hpp"

#include <gtest/gtest.h>

namespace sluice::hub {
namespace {

TEST(HubSeqlock, AReadSeesWhatWasWritten)
{
    std::atomic<std::uint32_t> lock{0};
    int value = 0;
    seq_write(lock, [&] { value = 7; });
    EXPECT_EQ(lock.load(), 2U);
    int seen = 0;
    EXPECT_TRUE(seq_read(lock, [&] { seen = value; }));
    EXPECT_EQ(seen, 7);
}

TEST(HubSeqlock, AReadThatAWriteCameIntoIsDoneAgain)
{
    std::atomic<std::uint32_t> lock{0};
    int reads = 0;
    EXPECT_TRUE(seq_read(lock, [&] {
        if (++reads == 1) seq_write(lock, [] {});
    }));
    EXPECT_EQ(reads, 2);
}

TEST(HubSeqlock, AWriterThatNeverStandsStillIsGivenUp)
{
    std::atomic<std::uint32_t> lock{0};
    EXPECT_FALSE(seq_read(lock, [&] { seq_write(lock, [] {}); }));
}

TEST(HubSeqlock, WhatAWriterLeftWhenItDiedInsideIsNotReadUntilTheNextWrote)
{
    std::atomic<std::uint32_t> lock{3};
    EXPECT_FALSE(seq_read(lock, [] { FAIL() << "read inside a write"; }));
    seq_write(lock, [] {});
    EXPECT_EQ(lock.load(), 4U);
    EXPECT_TRUE(seq_read(lock, [] {}));
}

TEST(HubSeqlock, WrapsAround)
{
    std::atomic<std::uint32_t> lock{0xffff'fffe};
    seq_write(lock, [] {});
    EXPECT_EQ(lock.load(), 0U);
    EXPECT_TRUE(seq_read(lock, [] {}));
}

}  // namespace
}  // namespace sluice::hub
