# shellcheck shell=bash
# Sourced by install-packages. Debian starts a service as soon as it is installed. A policy-rc.d that forbids it stands in the way
# while apt runs: Sluice runs an nginx of its own, and the system's must neither appear on port 80 nor be restarted.
#
# The machine's own policy waits under another name meanwhile. Whatever moment a run is interrupted at, the next one finds its way:
# our file is known by its mark, and what waits is never overwritten.

policy=${SLUICE_POLICY_RC:-/usr/sbin/policy-rc.d}
policy_kept=$policy.before-sluice
policy_lock=${SLUICE_POLICY_RC_LOCK:-/run/sluice-install.lock}
policy_mark='# Made by Sluice while it installs packages.'

policy_is_ours() { grep -qsxF "$policy_mark" "$policy"; }

# One run at a time: the second one would take the first one's file for the machine's.
forbid_service_starts() {
    exec 8>>"$policy_lock"
    flock -n 8 || { say "waiting for another installation of packages" && flock 8; }
    trap allow_service_starts EXIT
    if [ -e "$policy" ] && ! policy_is_ours; then
        [ ! -e "$policy_kept" ] || fail "$policy and $policy_kept are both there" \
            "an installation was interrupted once: keep the right one of them as $policy, remove the other, run the command again"
        mv -n "$policy" "$policy_kept"
    fi
    printf '%s\n' '#!/bin/sh' "$policy_mark" 'exit 101' >"$policy.new"
    chmod 755 "$policy.new"
    mv "$policy.new" "$policy"
}

# The machine's own policy again, or none. A file that is not ours stays.
allow_service_starts() {
    rm -f "$policy.new"
    [ ! -e "$policy" ] || policy_is_ours || return 0
    if [ -e "$policy_kept" ]; then mv "$policy_kept" "$policy"; else rm -f "$policy"; fi
}

# After a run that was killed; one that still works is left alone.
mend_interrupted_run() {
    [ -w "$(dirname "$policy")" ] || return 0
    policy_is_ours || [ -e "$policy_kept" ] || return 0
    (! flock -n 8 || allow_service_starts) 8>>"$policy_lock"
}
