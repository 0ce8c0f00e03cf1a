#pragma once

namespace sluice::ngx {

class Feeder;

/// Pumps the feeder twenty times a second, with all others of this worker: what comes meanwhile is
/// given in one piece, and nothing has to wake for each frame.
void gather_for(Feeder& feeder);
void gather_no_more(const Feeder& feeder);

}  // namespace sluice::ngx
