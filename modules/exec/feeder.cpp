#include "feeder.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "core/flv/tag.hpp"
#include "gathering.hpp"
#include "modules/hub/audience.hpp"
#include "modules/hub/worker.hpp"
#include "modules/ingest/session_index.hpp"

namespace sluice::ngx {
namespace {

using Bytes = std::span<const std::uint8_t>;

constexpr std::int64_t kMaxLagMs = 5'000;
constexpr std::uint64_t kLook = 1 << 20;
// A track that is announced by nothing but its first frame may come so much later than the other.
constexpr std::int64_t kOtherTrackMs = 700;
// What is written in one piece, so that one that catches up does not have it all copied.
constexpr std::size_t kPiece = 64UL * 1024;

void copy_out(const hub::Stretch& stretch, std::size_t size, std::vector<std::uint8_t>& out)
{
    out.resize(size);
    const auto first = std::min(size, stretch.pieces[0].size());
    std::copy_n(stretch.pieces[0].begin(), first, out.begin());
    std::copy_n(stretch.pieces[1].begin(), size - first,
                out.begin() + static_cast<std::ptrdiff_t>(first));
}

hook::Feed::Changes changes_of(const channel::Hook& hook)
{
    return hook.copies ? hook::Feed::Changes::restart : hook::Feed::Changes::in_band;
}

SessionIndex<Feeder>& feeders()
{
    static SessionIndex<Feeder> index;
    return index;
}

}  // namespace

void feed_from(const hub::StreamRecord& stream)
{
    feeders().each_of(stream, [](Feeder& feeder) { feeder.pump(); });
}

Feeder::Feeder(int fd, hub::StreamRecord& stream, const channel::Hook& hook)
    : reader_(worker()->zone, stream),
      feed_(hook.frames, changes_of(hook)),
      gathered_(hook.outputs.empty()),
      began_ms_(mono_ms())
{
    enlist();
    if (!pipe_.open(fd, Descriptor::For::writing, *this)) state_ = State::closed;
}

Feeder::~Feeder()
{
    leave();
    if (next_) want_wakes(next_->stream(), false);
}

void Feeder::enlist()
{
    if (gathered_) return gather_for(*this);
    feeders().add(*this);
    want_every_tag(reader_.stream(), true);
}

void Feeder::leave()
{
    if (gathered_) return gather_no_more(*this);
    feeders().remove(*this);
    want_every_tag(reader_.stream(), false);
}

void Feeder::want_wakes(hub::StreamRecord& stream, bool want) const
{
    if (!gathered_) want_every_tag(stream, want);
}

void Feeder::close()
{
    pipe_.close();
    if (state_ == State::going) state_ = State::ended;
}

void Feeder::follow(hub::StreamRecord& stream)
{
    if ((next_ ? &next_->stream() : &reader_.stream()) == &stream) return;
    want_wakes(stream, true);
    if (next_) want_wakes(next_->stream(), false);
    next_.emplace(worker()->zone, stream);
    if (state_ == State::ended && pipe_.is_open()) state_ = State::going;
}

void Feeder::ready(Descriptor&)
{
    blocked_ = false;
    pump();
}

void Feeder::pump()
{
    while (state_ == State::going && !blocked_) {
        if (pending_.size() >= kPiece) {
            flush();
        } else if (!step()) {
            break;
        }
    }
    if (!pending_.empty() && !blocked_ && pipe_.is_open()) flush();
}

/// The next thing to give. False: there is nothing now.
bool Feeder::step()
{
    reader_.skip_if_late(kMaxLagMs);
    hub::Stretch stretch;
    const auto sight = reader_.look(kLook, stretch);
    count_skip();
    if (sight == hub::Sight::tags) {
        if (begin_late() || take_over_next(reader_.next_dts_ms())) return false;
        if (!reader_.wants_config()) return take_next(stretch);
        take_headers();
        return true;
    }
    if (next_ && take_over_next(std::numeric_limits<std::int64_t>::max())) return true;
    if (sight == hub::Sight::ended && !next_) state_ = State::ended;
    return false;
}

/// Whether it is worth waiting for the other track: a process can't be told of it later.
bool Feeder::begin_late() const
{
    constexpr auto kBoth = hub::kVideoTrack | hub::kAudioTrack;
    return counts_.frames == 0 && (reader_.tracks() & kBoth) != kBoth &&
           mono_ms() - began_ms_ < kOtherTrackMs;
}

/// Whether what comes now, at `dts_ms`, is to be taken from the stream that we are to go on with.
bool Feeder::take_over_next(std::int64_t dts_ms)
{
    if (!next_) return false;
    hub::Stretch stretch;
    if (next_->look(kLook, stretch) != hub::Sight::tags || next_->next_dts_ms() > dts_ms)
        return false;
    leave();
    reader_ = *next_;
    enlist();
    want_wakes(reader_.stream(), false);  // counted twice
    next_.reset();
    return true;
}

void Feeder::take_headers()
{
    std::vector<std::uint8_t> headers(3 * hub::kConfigBytes);
    const auto tracks = reader_.tracks();
    feed_.expect((tracks & hub::kVideoTrack) != 0, (tracks & hub::kAudioTrack) != 0);
    const auto dts_ms = reader_.next_dts_ms();
    headers.resize(reader_.copy_config(headers));
    Bytes left = headers;
    while (left.size() > flv::kTagHeaderSize) {
        const auto header = flv::parse_tag_header(left);
        if (!header) return;
        const auto size = flv::kTagHeaderSize + header->size + flv::kPreviousTagSize;
        if (size > left.size()) return;
        give(header->type, left.subspan(flv::kTagHeaderSize, header->size), dts_ms);
        left = left.subspan(size);
    }
}

/// Copied before it is checked, so that nothing torn is given.
bool Feeder::take_next(const hub::Stretch& stretch)
{
    copy_out(stretch, std::min<std::size_t>(flv::kTagHeaderSize, stretch.size), scratch_);
    const auto header = flv::parse_tag_header(scratch_);
    const auto size =
        header ? flv::kTagHeaderSize + header->size + flv::kPreviousTagSize : stretch.size + 1;
    const auto dts_ms = reader_.next_dts_ms();
    hub::Stretch whole = stretch;
    if (size > stretch.size && reader_.look(size, whole) != hub::Sight::tags) return false;
    if (size <= whole.size) copy_out(whole, size, scratch_);
    if (!reader_.settle(whole, std::min<std::uint64_t>(size, whole.size)) || size > whole.size)
        return true;  // overwritten while it was copied: look() finds the way on
    give(header->type, Bytes(scratch_).subspan(flv::kTagHeaderSize, header->size), dts_ms);
    return true;
}

void Feeder::give(flv::TagType type, Bytes body, std::int64_t dts_ms)
{
    if (state_ != State::going) return;
    const auto fed = feed_.take(type, body, dts_ms);
    if (fed.restart) {
        state_ = State::changed;
        return;
    }
    if (fed.piece.size() == 0) return;
    ++counts_.frames;
    pending_.insert(pending_.end(), fed.piece.head.begin(), fed.piece.head.end());
    pending_.insert(pending_.end(), fed.piece.media.begin(), fed.piece.media.end());
}

void Feeder::flush()
{
    const auto done = ::write(pipe_.fd(), pending_.data(), pending_.size());
    if (done < 0 && errno != EAGAIN) return failed();
    if (done > 0) {
        counts_.bytes += static_cast<std::uint64_t>(done);
        pending_.erase(pending_.begin(), pending_.begin() + done);
    }
    blocked_ = !pending_.empty();
}

void Feeder::failed()
{
    pipe_.close();
    state_ = State::closed;
}

void Feeder::count_skip()
{
    const auto skip = reader_.take_skip();
    if (skip.tags == 0) return;
    ++counts_.skips;
    counts_.skipped_ms += static_cast<std::uint64_t>(skip.ms);
}

}  // namespace sluice::ngx
