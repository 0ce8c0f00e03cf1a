#include "login_throttle.hpp"

#include <algorithm>
#include <cmath>

namespace sluice::control {
namespace {

/// Who has one IPv6 address has its whole /64.
std::string network_of(const std::string& address)
{
    if (address.find(':') == std::string::npos) return address;
    std::size_t end = 0;
    for (int groups = 0; groups < 4 && end != std::string::npos; ++groups) {
        end = address.find(':', end == 0 ? 0 : end + 1);
        // A run of zeros: what is before it is all that there is of the network.
        if (end != std::string::npos && address.compare(end, 2, "::") == 0) break;
    }
    return address.substr(0, end);
}

std::string pair_of(const std::string& name, const std::string& network)
{
    return name + "\n" + network;
}

}  // namespace

LoginThrottle::Bucket& LoginThrottle::Table::at(const std::string& key, std::int64_t now_s)
{
    if (const auto found = known_.find(key); found != known_.end()) {
        order_.splice(order_.begin(), order_, found->second);
        return order_.front().second;
    }
    if (order_.size() >= kMaxEntries) {
        known_.erase(order_.back().first);
        order_.pop_back();
    }
    order_.emplace_front(key, Bucket{.level = 0, .at_s = now_s});
    known_[key] = order_.begin();
    return order_.front().second;
}

std::optional<int> LoginThrottle::wait_of(Bucket& bucket, Limit limit, std::int64_t now_s)
{
    const auto passed = static_cast<double>(std::max<std::int64_t>(0, now_s - bucket.at_s));
    bucket.level = std::max(0.0, bucket.level - passed / limit.every_s);
    bucket.at_s = now_s;
    const auto over = bucket.level + 1 - limit.capacity;
    if (over <= 0) return std::nullopt;
    return std::max(1, static_cast<int>(std::ceil(over * limit.every_s)));
}

std::optional<int> LoginThrottle::attempt(const std::string& name, const std::string& address,
                                          std::int64_t now_s)
{
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    auto& of_address = addresses_.at(network, now_s);
    if (const auto wait = wait_of(of_address, kOfAddress, now_s)) return wait;
    if (!good_.holds(pair_of(name, network))) {
        auto& of_name = names_.at(name, now_s);
        if (const auto wait = wait_of(of_name, kOfName, now_s)) return wait;
        of_name.level += 1;
    }
    of_address.level += 1;
    return std::nullopt;
}

std::optional<int> LoginThrottle::wait_of_address(const std::string& address, std::int64_t now_s)
{
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    if (!addresses_.holds(network)) return std::nullopt;
    return wait_of(addresses_.at(network, now_s), kOfAddress, now_s);
}

void LoginThrottle::succeeded(const std::string& name, const std::string& address,
                              std::int64_t now_s)
{
    const auto network = network_of(address);
    const std::lock_guard lock(mutex_);
    auto& of_name = names_.at(name, now_s);
    // Others' guesses at this name go on counting; so do this address's at other names.
    of_name.level = std::max(0.0, of_name.level - 1);
    auto& of_address = addresses_.at(network, now_s);
    of_address.level = std::max(0.0, of_address.level - 1);
    good_.at(pair_of(name, network), now_s);
}

std::size_t LoginThrottle::failures_to_tell(std::int64_t now_s)
{
    const std::lock_guard lock(mutex_);
    ++untold_;
    if (wait_of(told_, kOfAudit, now_s)) return 0;
    told_.level += 1;
    return std::exchange(untold_, 0);
}

std::size_t LoginThrottle::size() const
{
    const std::lock_guard lock(mutex_);
    return std::max({names_.size(), addresses_.size(), good_.size()});
}

tl::unexpected<Error> too_many_attempts(int wait_s)
{
    Error error{Errc::throttled,
                "too many wrong passwords: try again in " + std::to_string(wait_s) + " s",
                {}};
    error.retry_after_s = wait_s;
    return tl::unexpected(std::move(error));
}

}  // namespace sluice::control
