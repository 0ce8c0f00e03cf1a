# shellcheck shell=bash
# Sourced by up: everything that must be so before the first process starts.
# shellcheck disable=SC2154 # dir, repository, service_user, ports: variables of up

# SLUICE_BUILD names a build folder to run from as it is (the tests use it for a build with sanitizers).
build_if_needed() {
    if [ -z "${SLUICE_BUILD:-}" ]; then
        "$repository/sluice" build
        SLUICE_BUILD=$repository/build/release
    fi
    SLUICE_BUILD=$(realpath -m -- "$SLUICE_BUILD")
    [ -x "$SLUICE_BUILD/controlplane/sluice-supervisor" ] ||
        fail "$SLUICE_BUILD holds no sluice-supervisor" "build it first: ./sluice build"
}

# service_start: the command prefix under which the service runs. It may bind ports below 1024 and gain nothing else.
service_start=()
prepare_service_user() {
    [ "$(id -u)" = 0 ] || return 0
    id "$service_user" >/dev/null 2>&1 ||
        useradd --system --user-group --home-dir /var/lib/sluice --no-create-home --shell /usr/sbin/nologin "$service_user" ||
        id "$service_user" >/dev/null 2>&1 || fail "the user '$service_user' could not be made"
    service_start=(setpriv --reuid "$service_user" --regid "$service_user" --init-groups --no-new-privs)
    local bind=(--inh-caps +net_bind_service --ambient-caps +net_bind_service)
    if "${service_start[@]}" "${bind[@]}" -- true 2>/dev/null; then service_start+=("${bind[@]}"); fi
    service_start+=(--)
}

# nginx quotes the folder in its configuration, and a unix socket's address has room for 107 characters.
refuse_unusable_name() {
    local forbidden='["\$;{}[:cntrl:]]'
    [[ ! $dir =~ $forbidden ]] ||
        fail "the folder's name may not hold any of \" \\ \$ ; { }" "choose another with --dir"
    [ ${#dir} -le 88 ] || fail "the folder's name is too long for a unix socket in it: $dir" "choose one of at most 88 characters with --dir"
}

# A mistyped --dir must not give somebody's folder to the service, not even one that is empty now.
refuse_system_dir() {
    local var='backups|cache|lib|local|lock|log|mail|opt|run|spool|tmp'
    local top='bin|boot|dev|etc|home|lib[0-9x]*|lost\+found|media|mnt|opt|proc|root|run|sbin|srv|sys|tmp|usr|var'
    [[ ! $dir =~ ^/($top|usr/[^/]+|var/($var))?$ ]] ||
        fail "$dir belongs to the system" "choose a folder of its own with --dir, such as /srv/sluice"
}

refuse_foreign_dir() {
    [ -e "$dir" ] || return 0
    [ -d "$dir" ] || fail "$dir is not a folder"
    [ -n "$(ls -A "$dir")" ] || return 0
    local mark
    for mark in control.mdb admin-token run/supervisor.pid; do
        if [ -f "$dir/$mark" ] && [ ! -L "$dir/$mark" ]; then return 0; fi
    done
    fail "$dir is neither empty nor an instance of Sluice" "choose another folder with --dir"
}

prepare_dir() {
    mkdir -p "$dir" || fail "$dir can't be made" "choose a folder you may write to with --dir"
    if [ "$(id -u)" = 0 ]; then
        chown "$service_user:$service_user" "$dir"
        chmod 0750 "$dir"
    fi
    as_service test -w "$dir" -a -x "$dir" || fail "the user $(as_service id -un) can't use $dir" \
        "a folder above it is closed to others (see: namei -l $dir); open it with chmod o+x, or choose another --dir"
    # First of all that is in it: a start that is interrupted leaves an instance, not somebody's folder. An empty token is no
    # token: the control plane makes one.
    # shellcheck disable=SC2016
    as_service sh -c 'umask 077; [ -e "$1" ] || : >"$1"' sluice "$dir/admin-token"
    local name
    for name in channels nginx archive logs run; do as_service mkdir -p -m 0750 "$dir/$name"; done
    as_service chmod 0750 "$dir/run"
}

# Segments of live streams are written all the time and gone after seconds: they belong into memory. DIR/live is a link to a
# folder of this instance in /dev/shm where that is a tmpfs, else a plain folder; what is mounted there stays. The link is made
# anew each time: the folder behind an old one may be anybody's by now. Who is no system user gets a plain folder, since
# a logout may clear /dev/shm of what is his.
prepare_live() {
    local live=$dir/live shared
    if [ -L "$live" ]; then as_service rm -f -- "$live"; fi
    [ "$(stat -f -c %T -- "$live" 2>/dev/null)" != tmpfs ] || return 0
    as_service rmdir "$live" 2>/dev/null || true
    shared=$(live_memory)
    if [ ! -e "$live" ] && [ "$(as_service id -u)" -lt 1000 ] && [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ] &&
        { as_service mkdir -m 0750 "$shared" 2>/dev/null || as_service test -O "$shared" -a -d "$shared" -a ! -L "$shared"; } &&
        as_service chmod 0750 "$shared"; then
        as_service ln -s "$shared" "$live"
    fi
    [ -e "$live" ] || as_service mkdir -p -m 0750 "$live"
}

refuse_second_start() {
    local pid
    pid=$(supervisor_pid)
    [ -z "$pid" ] || fail "already running in $dir (process $pid)" "stop it with: ./sluice down --dir $dir"
}

# The stored settings name the ports of an instance that ran before; a first start has these.
declare -A default_ports=([http-port]=8080 [https-port]=8443 [rtmp-port]=1935 [rtmps-port]=1936)
refuse_ports_in_use() {
    local kind port holder
    for kind in "${!default_ports[@]}"; do
        port=${ports[$kind]:-}
        [ -n "$port" ] || [ -e "$dir/control.mdb" ] || port=${default_ports[$kind]}
        [ -n "$port" ] || continue
        holder=$(ss -Hltnp "sport = :$port" | head -n 1)
        [ -z "$holder" ] || fail "port $port is in use$(holder_name "$holder")" "choose another with --$kind"
    done
}

holder_name() {
    local name
    name=$(sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/ by \1 (process \2)/p' <<<"$1")
    printf '%s' "$name"
}

# Each viewer is a file descriptor; an unprivileged process can't raise its own hard limit.
raise_file_limit() {
    local wanted
    for wanted in 1048576 262144 65536; do
        [ "$(ulimit -Hn)" = unlimited ] || [ "$(ulimit -Hn)" -lt $wanted ] || break
        ulimit -n $wanted 2>/dev/null && break
    done
    ulimit -Sn "$(ulimit -Hn)"
}

# Programs run from a copy named for its content: a rebuild never changes a file that a running instance has mapped, and the
# service user can read it although the checkout may lie in a closed home. DIR/lib points to the copy in use.
install_build() {
    local store=/usr/local/lib/sluice id target fresh
    [ "$(id -u)" = 0 ] || store=$dir/builds
    id=$(build_files | xargs -d '\n' sha256sum | sha256sum | cut -c1-16)
    target=$store/$id
    mkdir -p "$store"
    if [ ! -d "$target" ]; then
        fresh=$(mktemp -d "$store/.new.XXXXXX")
        copy_build "$fresh"
        mv -T "$fresh" "$target" 2>/dev/null || [ -d "$target" ] || fail "the programs could not be copied to $target"
        rm -rf "$fresh"
    fi
    touch "$target"
    as_service ln -sfn "$target" "$dir/lib.new"
    as_service mv -T "$dir/lib.new" "$dir/lib"
    remove_unused_builds "$store"
}

build_files() {
    printf '%s\n' "$SLUICE_BUILD"/controlplane/sluice-{supervisor,control,demo} "$SLUICE_BUILD"/exec/sluice-{exec,motion} \
        "$SLUICE_BUILD/modules/ngx_sluice_module.so"
    find "$repository/nginx-conf" "$repository/web/dist" -type f | sort
}

copy_build() {
    mkdir -p "$1/bin" "$1/modules"
    cp "$SLUICE_BUILD"/controlplane/sluice-{supervisor,control,demo} "$SLUICE_BUILD"/exec/sluice-{exec,motion} "$1/bin/"
    cp "$SLUICE_BUILD/modules/ngx_sluice_module.so" "$1/modules/"
    cp -r "$repository/nginx-conf" "$1/nginx-conf"
    cp -r "$repository/web/dist" "$1/web"
    chmod -R u=rwX,go=rX "$1"
}

# Older copies go, unless something still runs from them.
remove_unused_builds() {
    local build
    while read -r build; do
        [ "$build" = "$(realpath "$dir/lib")" ] || readlink /proc/[0-9]*/exe 2>/dev/null | grep -qF "$build/" || rm -rf "$build"
    done < <(find "$1" -mindepth 1 -maxdepth 1 -type d -mmin +1440)
}

# Debian's nginx knows nothing of the sanitizer that our module may be built with: its runtime must be there first.
export_sanitizer_settings() {
    local runtime
    runtime=$(ldd "$SLUICE_BUILD/modules/ngx_sluice_module.so" | awk '/lib[at]san\.so/ { print $3 }')
    [ -n "$runtime" ] || return 0
    service_start+=(env "LD_PRELOAD=$runtime" "ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0}:log_path=$dir/logs/sanitizer"
        "UBSAN_OPTIONS=print_stacktrace=1:log_path=$dir/logs/sanitizer" "TSAN_OPTIONS=log_path=$dir/logs/sanitizer")
}
