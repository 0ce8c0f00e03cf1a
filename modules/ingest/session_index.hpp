#pragma once

#include <algorithm>
#include <array>
#include <vector>

#include "core/hub/zone.hpp"
#include "modules/hub/worker.hpp"

namespace sluice::ngx {

/// This worker's sessions of one kind, by stream: a wake-up of one stream costs nothing for the
/// sessions of the others.
template <class Session>
class SessionIndex {
public:
    void add(Session& session)
    {
        all_.push_back(&session);
        of(session.stream()).push_back(&session);
    }

    void remove(Session& session)
    {
        std::erase(all_, &session);
        std::erase(of(session.stream()), &session);
    }

    bool empty() const { return all_.empty(); }

    /// A visit may end the session that it is given.
    template <class Visit>
    void each(Visit visit)
    {
        visit_from_the_back(all_, visit);
    }

    template <class Visit>
    void each_of(const hub::StreamRecord& stream, Visit visit)
    {
        visit_from_the_back(of(stream), visit);
    }

private:
    using Sessions = std::vector<Session*>;

    Sessions& of(const hub::StreamRecord& stream)
    {
        return by_stream_[worker()->zone.index_of(stream)];
    }

    template <class Visit>
    static void visit_from_the_back(Sessions& sessions, Visit& visit)
    {
        for (auto i = sessions.size(); i-- > 0;) {
            if (i < sessions.size()) visit(*sessions[i]);
        }
    }

    Sessions all_;
    std::array<Sessions, hub::kMaxStreams> by_stream_;
};

}  // namespace sluice::ngx
