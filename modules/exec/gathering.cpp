#include "gathering.hpp"

#include <vector>

#include "feeder.hpp"
#include "modules/common/guard.hpp"

namespace sluice::ngx {
namespace {

constexpr ngx_msec_t kGatherMs = 50;

std::vector<Feeder*> gathered;
ngx_event_t timer{};

void turn(ngx_event_t&)
{
    if (gathered.empty()) return;
    ngx_add_timer(&timer, kGatherMs);
    // One that goes on with another stream enlists anew.
    for (auto i = gathered.size(); i-- > 0;) gathered[i]->pump();
}

}  // namespace

void gather_for(Feeder& feeder)
{
    gathered.push_back(&feeder);
    if (timer.timer_set) return;
    timer.handler = event_door<turn>;
    timer.log = ngx_cycle->log;
    timer.data = &timer;
    timer.cancelable = 1;  // keeps no worker from its end
    ngx_add_timer(&timer, kGatherMs);
}

void gather_no_more(const Feeder& feeder)
{
    std::erase(gathered, &feeder);
}

}  // namespace sluice::ngx
