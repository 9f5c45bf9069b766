# lib.sh: what the scripts in this folder share: messages, ports, processes that are ended with the script, and a
# dialogue over TCP. Sourced by bash; changes into the project's folder.
# shellcheck shell=bash disable=SC2034
set -euo pipefail
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$project"

if [[ -t 1 && -z ${NO_COLOR:-} ]]; then
    bold=$'\e[1m' red=$'\e[31m' green=$'\e[32m' dim=$'\e[2m' plain=$'\e[0m'
else
    bold='' red='' green='' dim='' plain=''
fi

say() { printf '%s\n' "${bold}$*${plain}"; }
note() { printf '%s\n' "${dim}$*${plain}"; }
die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# port_taken HOST PORT: something accepts connections there.
port_taken() { (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; }

# --- processes: only what begin() started is ever ended, by its id --------------------------------------------
pids=()

# begin OUTPUT COMMAND...: starts it in the background with its output in a file; its id is in $begun.
begin() {
    local output=$1
    shift
    "$@" >"$output" 2>&1 &
    begun=$!
    pids+=("$begun")
}

# Politely, in the reverse of the order of beginning; after five seconds for certain.
end_all() {
    local i n
    for ((i = ${#pids[@]} - 1; i >= 0; i--)); do
        kill -TERM "${pids[i]}" 2>/dev/null || continue
        for ((n = 0; n < 50; n++)); do
            kill -0 "${pids[i]}" 2>/dev/null || break
            sleep 0.1
        done
        kill -KILL "${pids[i]}" 2>/dev/null || true
        wait "${pids[i]}" 2>/dev/null || true
    done
    pids=()
}

# await_port PID HOST PORT: until the process listens; false when it ends before or takes longer than ten seconds.
await_port() {
    local n
    for ((n = 0; n < 100; n++)); do
        kill -0 "$1" 2>/dev/null || return 1
        port_taken "$2" "$3" && return 0
        sleep 0.1
    done
    return 1
}

# --- SMTP by hand ---------------------------------------------------------------------------------------------
# read_reply: one reply from descriptor 3; its last line is in $reply.
read_reply() {
    reply='no reply'
    local line
    while IFS= read -r -t 10 line <&3; do
        reply=${line%$'\r'}
        [[ $reply == [2-5][0-9][0-9]-* ]] || return 0
    done
    return 1
}

# converse HOST PORT COMMANDS: EHLO, then the commands (separated by ';'), then QUIT; the reply to the last of the
# commands is in $reply.
converse() {
    local command commands answer=''
    IFS=';' read -r -a commands <<<"$3"
    exec 3<>"/dev/tcp/$1/$2" || return 1
    read_reply || true
    for command in 'EHLO client.example' "${commands[@]}"; do
        printf '%s\r\n' "$command" >&3
        read_reply || break
        answer=$reply
    done
    printf 'QUIT\r\n' >&3
    read_reply || true
    exec 3>&-
    reply=$answer
}
