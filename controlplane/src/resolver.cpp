#include "resolver.hpp"

#include <netdb.h>

#include <array>
#include <condition_variable>
#include <map>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace sluice::control {
namespace {

using Clock = std::chrono::steady_clock;

struct FreeList {
    void operator()(addrinfo* list) const { ::freeaddrinfo(list); }
};

}  // namespace

struct Resolver::Shared {
    struct Name {
        bool running = true;
        Addresses addresses;
        Clock::time_point until;  ///< once it does not run
    };

    std::mutex mutex;  ///< guards all below
    std::condition_variable_any changed;
    std::map<std::string, Name> names;
    std::size_t running = 0;
    std::function<void()> ended;
    Lookup lookup;

    void forget_old()
    {
        const auto now = Clock::now();
        std::erase_if(names, [&](const auto& item) {
            return !item.second.running && item.second.until <= now;
        });
        std::erase_if(names, [&](const auto& item) {
            return names.size() >= kMaxNames && !item.second.running;
        });
    }
};

Resolver::Resolver(std::function<void()> ended, Lookup lookup) : shared_(std::make_shared<Shared>())
{
    shared_->ended = std::move(ended);
    shared_->lookup = std::move(lookup);
}

Resolver::~Resolver()
{
    const std::lock_guard lock(shared_->mutex);
    shared_->ended = {};
}

Resolver::Addresses Resolver::system_lookup(const std::string& name)
{
    addrinfo wanted{};
    wanted.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    if (::getaddrinfo(name.c_str(), nullptr, &wanted, &found) != 0) return {};
    const std::unique_ptr<addrinfo, FreeList> list(found);
    Addresses addresses;
    for (const auto* item = list.get(); item != nullptr; item = item->ai_next) {
        std::array<char, NI_MAXHOST> text{};
        const auto failed = ::getnameinfo(item->ai_addr, item->ai_addrlen, text.data(), text.size(),
                                          nullptr, 0, NI_NUMERICHOST);
        if (failed == 0) addresses.emplace_back(text.data());
    }
    return addresses;
}

void Resolver::look_up(const std::shared_ptr<Shared>& shared, const std::string& name)
{
    Addresses addresses;
    try {
        addresses = shared->lookup(name);
    } catch (const std::exception&) {
        addresses.clear();  // no memory: it leads nowhere for now
    }
    const std::lock_guard lock(shared->mutex);
    --shared->running;
    const auto kept = addresses.empty() ? kUnknown : kKnown;
    shared->names[name] = {false, std::move(addresses), Clock::now() + kept};
    shared->changed.notify_all();
    if (shared->ended) shared->ended();
}

std::optional<Resolver::Addresses> Resolver::ask(const std::string& name)
{
    const std::lock_guard lock(shared_->mutex);
    if (const auto known = shared_->names.find(name); known != shared_->names.end()) {
        if (known->second.running) return std::nullopt;
        if (Clock::now() < known->second.until) return known->second.addresses;
    }
    if (shared_->running >= kMaxLookups) return Addresses{};
    shared_->forget_old();
    try {
        std::thread(look_up, shared_, name).detach();
    } catch (const std::system_error&) {
        return Addresses{};
    }
    // The thread can't be done before: it needs the lock.
    ++shared_->running;
    shared_->names[name] = {};
    return std::nullopt;
}

std::optional<Resolver::Addresses> Resolver::wait(const std::string& name,
                                                  std::chrono::milliseconds limit,
                                                  const std::stop_token& ending)
{
    const auto end = Clock::now() + limit;
    while (true) {
        auto found = ask(name);
        if (found || Clock::now() >= end || ending.stop_requested()) return found;
        std::unique_lock lock(shared_->mutex);
        shared_->changed.wait_until(lock, ending, end, [&] {
            const auto known = shared_->names.find(name);
            return known == shared_->names.end() || !known->second.running;
        });
    }
}

}  // namespace sluice::control
