# nft.bash: the rules for nftables: one table named postern, replaced as a whole. Sourced by postern-netfilter.
# shellcheck shell=bash disable=SC2154
nft_exempt() { if [[ -n $user ]]; then say "meta skuid $user"; else say "meta mark $mark"; fi; }

# Ahead of the rules of others.
before_nat=-105 before_mangle=-155

# nft_meant FAMILY PORT: what a connection that is to be diverted is meant for.
nft_meant() {
    local -n listed=servers$1
    if ((${#listed[@]} > 0)); then
        printf '%s daddr { %s }' "ip${1#4}" "$(join "${listed[@]}")"
    elif [[ $place == server ]]; then
        printf 'meta nfproto ipv%s fib daddr type local' "$1"
    else
        printf 'meta nfproto ipv%s fib daddr type != local' "$1"
    fi
    printf ' tcp dport %s' "$2"
}

nft_redirect() { say "        $(nft_meant "$1" "$2") tcp flags & $flags == syn counter redirect to :$3"; }
nft_begin() { say "        $(nft_meant "$1" "$2") tcp flags & $flags == syn counter ct mark set ct mark | $divert"; }
# Where nobody listens, tproxy does nothing: a client has to wait, rather than pass by.
nft_tproxy() {
    say "        $(nft_meant "$1" "$2") meta mark set meta mark | $divert tproxy ip${1#4} to :$3 counter accept" \
        "        $(nft_meant "$1" "$2") counter drop"
}

nft_nat() {
    say '    chain prerouting {' \
        "        type nat hook prerouting priority $before_nat" \
        '        iif "lo" return'
    each nft_redirect
    say '    }'
    diverts_own || return 0
    say '    chain output {' \
        "        type nat hook output priority $before_nat" \
        "        $(nft_exempt) return"
    each nft_redirect
    say '    }'
}

nft_mangle_prerouting() {
    say '    chain prerouting {' \
        "        type filter hook prerouting priority $before_mangle"
    [[ $place == server ]] || say "        $from socket transparent 1 counter meta mark set meta mark | $divert"
    say "        iif \"lo\" meta mark & $divert == 0 return"
    [[ $place == gateway ]] || say "        $to tcp flags & $flags != syn socket wildcard 0 return"
    each nft_tproxy
    say '    }'
}

nft_mangle_output() {
    say '    chain output {' \
        "        type route hook output priority $before_mangle"
    if [[ $place == server ]]; then
        say "        $to tcp flags & $flags == syn fib saddr type != local ct mark set ct mark | $answer" \
            "        $from ct mark & $answer != 0 counter meta mark set meta mark | $divert"
    fi
    if diverts_own; then
        say "        $(nft_exempt) return"
        each nft_begin
        say "        $to ct mark & $divert != 0 meta mark set meta mark | $divert"
    fi
    say '    }'
}

# In the client's name Postern may be given the client's own port: connections on either side of a gateway that look
# the same are tracked apart.
nft_raw() {
    say '    chain zone_prerouting {' \
        '        type filter hook prerouting priority raw' \
        "        $from socket transparent 1 fib daddr type != local ct zone set $zone" \
        '    }' \
        '    chain zone_output {' \
        '        type filter hook output priority raw' \
        "        $to fib saddr type != local ct zone set $zone" \
        '    }'
}

nft_compose() {
    local to from flags='(fin | syn | rst | ack)'
    to="tcp dport { $(outer_ports) }" from="tcp sport { $(outer_ports) }"
    say 'table inet postern' 'delete table inet postern' 'table inet postern {'
    if [[ $mode == redirect ]]; then
        nft_nat
    else
        nft_mangle_prerouting
        nft_mangle_output
        [[ $place == server ]] || nft_raw
    fi
    say '}'
}

nft_present() { have nft && nft list table inet postern >/dev/null 2>&1; }
