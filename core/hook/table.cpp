#include "table.hpp"

#include <sched.h>

#include <algorithm>

namespace sluice::hook {
namespace {

/// One at a time looks whether something fits: two that look at once would both take what is left.
/// A dead holder loses it; who doesn't get it soon tries again later.
class Turn {
public:
    Turn(std::atomic<hub::ProcessId>& word, hub::ProcessId self) : word_(word)
    {
        constexpr int kAttempts = 1000;
        for (int i = 0; i < kAttempts && !held_; ++i) {
            hub::ProcessId holder = 0;
            held_ = word_.compare_exchange_strong(holder, self);
            if (!held_ && !hub::is_alive(holder))
                held_ = word_.compare_exchange_strong(holder, self);
            if (!held_) ::sched_yield();
        }
    }
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;
    ~Turn()
    {
        if (held_) word_.store(0);
    }

    explicit operator bool() const { return held_; }

private:
    std::atomic<hub::ProcessId>& word_;
    bool held_ = false;
};

std::uint64_t pack(std::uint32_t cpu_units, std::uint32_t memory_mb)
{
    return std::uint64_t{cpu_units} << 32 | memory_mb;
}

Budget unpack(std::uint64_t word)
{
    return {.cpu_units = static_cast<std::uint32_t>(word >> 32),
            .memory_mb = static_cast<std::uint32_t>(word)};
}

bool fits(std::uint64_t taken, std::uint32_t more, std::uint32_t all)
{
    return all == 0 || taken + std::min(more, all) <= all;
}

}  // namespace

void put_text(std::span<char> to, std::string_view text)
{
    const auto size = std::min(text.size(), to.size() - 1);
    std::copy_n(text.begin(), size, to.begin());
    to[size] = 0;
}

Table::Table(std::span<std::byte> memory, std::uint32_t records)
    : header_(reinterpret_cast<TableHeader*>(memory.data())),
      records_(reinterpret_cast<Record*>(memory.data() + alignof(Record))),
      count_(records)
{}

std::size_t Table::bytes_for(std::uint32_t records)
{
    static_assert(sizeof(TableHeader) <= alignof(Record));
    return alignof(Record) + sizeof(Record) * records;
}

Record* Table::claim(hub::ProcessId self, std::string_view channel, std::string_view name) const
{
    hub::Lives lives;
    for (std::uint32_t i = 0; i < count_; ++i) {
        auto& record = records_[i];
        auto owner = record.owner.load();
        if (owner != 0 && lives.alive(owner)) continue;
        if (!record.owner.compare_exchange_strong(owner, self)) continue;
        record.reserved.store(0);
        hub::seq_write(record.lock, [&] {
            record.facts = {};
            record.facts.exit_code = -1;
            put_text(record.facts.channel, channel);
            put_text(record.facts.name, name);
        });
        return &record;
    }
    return nullptr;
}

void Table::release(Record& record)
{
    record.reserved.store(0);
    record.owner.store(0, std::memory_order_release);
}

Record* Table::claim_sole(hub::ProcessId self, std::string_view channel,
                          std::string_view name) const
{
    if (is_held(channel, name)) return nullptr;  // as almost always: without a turn
    const Turn turn(header_->reserving, self);
    if (!turn || is_held(channel, name)) return nullptr;
    return claim(self, channel, name);
}

bool Table::is_held(std::string_view channel, std::string_view name) const
{
    for (std::uint32_t i = 0; i < count_; ++i) {
        const auto& record = records_[i];
        const auto owner = record.owner.load(std::memory_order_acquire);
        if (owner == 0) continue;
        bool same = false;
        const bool read = hub::seq_read(record.lock, [&] {
            same = name == std::string_view(record.facts.name) &&
                   channel == std::string_view(record.facts.channel);
        });
        if (read && same && hub::is_alive(owner)) return true;
    }
    return false;
}

Taken Table::taken() const
{
    Taken sum;
    hub::Lives lives;
    for (std::uint32_t i = 0; i < count_; ++i) {
        const auto reserved = records_[i].reserved.load();
        const auto owner = records_[i].owner.load();
        if (reserved == 0 || owner == 0 || !lives.alive(owner)) continue;
        const auto own = unpack(reserved);
        sum.cpu_units += own.cpu_units;
        sum.memory_mb += own.memory_mb;
    }
    return sum;
}

void Table::set_budget(const Budget& budget) const
{
    header_->budget.store(pack(budget.cpu_units, budget.memory_mb));
}

Budget Table::budget() const
{
    return unpack(header_->budget.load());
}

bool Table::reserve(Record& record, std::uint32_t cpu_units, std::uint32_t memory_mb) const
{
    const Turn turn(header_->reserving, record.owner.load());
    if (!turn) return false;
    record.reserved.store(0);
    const auto sum = taken();
    const auto budget = this->budget();
    if (!fits(sum.cpu_units, cpu_units, budget.cpu_units)) return false;
    if (!fits(sum.memory_mb, memory_mb, budget.memory_mb)) return false;
    record.reserved.store(pack(cpu_units, memory_mb));
    return true;
}

}  // namespace sluice::hook
