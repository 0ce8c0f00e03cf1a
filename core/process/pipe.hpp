#pragma once

namespace sluice::process {

/// A pipe; its ends are closed on exec, and with it.
class Pipe {
public:
    enum End { reading, writing };

    Pipe();
    ~Pipe();
    Pipe(const Pipe&) = delete;
    Pipe& operator=(const Pipe&) = delete;

    int end(End which) const { return ends_[which]; }
    void close(End which);
    /// For an end that must never hold us up.
    void never_wait(End which) const;

private:
    int ends_[2] = {-1, -1};
};

}  // namespace sluice::process
