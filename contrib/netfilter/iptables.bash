# iptables.bash: the rules for iptables: chains postern (packets that arrive) and postern-own (that leave) in the tables
# concerned, each table replaced as a whole. Sourced by postern-netfilter.
# shellcheck shell=bash disable=SC2154
iptables_exempt() { if [[ -n $user ]]; then say "-m owner --uid-owner $user"; else say "-m mark --mark $mark"; fi; }

iptables_meant() {
    local -n listed=servers$1
    printf -- '-p tcp --dport %s' "$2"
    if ((${#listed[@]} > 0)); then
        printf -- ' -d %s' "$(join "${listed[@]}")"
    elif [[ $place == server ]]; then
        printf -- ' -m addrtype --dst-type LOCAL'
    else
        printf -- ' -m addrtype ! --dst-type LOCAL'
    fi
}

iptables_redirect() { say "-A postern $(iptables_meant "$1" "$2") --syn -j REDIRECT --to-ports $3"; }
iptables_redirect_own() { say "-A postern-own $(iptables_meant "$1" "$2") --syn -j REDIRECT --to-ports $3"; }
iptables_tproxy() { say "-A postern $(iptables_meant "$1" "$2") -j TPROXY --on-port $3 --tproxy-mark $divert/$divert"; }
iptables_begin() { say "-A postern-own $(iptables_meant "$1" "$2") --syn -j CONNMARK --set-xmark $divert/$divert"; }

iptables_nat() {
    [[ $mode == redirect ]] || return 0
    say '-A postern -i lo -j RETURN'
    each iptables_redirect
    diverts_own || return 0
    say "-A postern-own $(iptables_exempt) -j RETURN"
    each iptables_redirect_own
}

iptables_mangle() {
    local set_divert="MARK --set-xmark $divert/$divert"
    [[ $mode == tproxy ]] || return 0
    [[ $place == server ]] || say "-A postern $from -m socket --transparent -j $set_divert"
    say "-A postern -i lo -m mark ! --mark $divert/$divert -j RETURN"
    [[ $place == gateway ]] || say "-A postern $to ! --syn -m socket -j RETURN"
    each iptables_tproxy
    if [[ $place == server ]]; then
        say "-A postern-own $to --syn -m addrtype ! --src-type LOCAL -j CONNMARK --set-xmark $answer/$answer" \
            "-A postern-own $from -m connmark --mark $answer/$answer -j $set_divert"
    fi
    diverts_own || return 0
    say "-A postern-own $(iptables_exempt) -j RETURN"
    each iptables_begin
    say "-A postern-own $to -m connmark --mark $divert/$divert -j $set_divert"
}

iptables_raw() {
    [[ $mode == tproxy && $place == gateway ]] || return 0
    say "-A postern $from -m socket --transparent -m addrtype ! --dst-type LOCAL -j CT --zone $zone" \
        "-A postern-own $to -m addrtype ! --src-type LOCAL -j CT --zone $zone"
}

# iptables_table TABLE RULES SAVED: what turns the table as it is saved into one with these rules of ours, or with none.
iptables_table() {
    local chain hook saved declare='' hang='' drop=''
    saved=$(sed -n "/^\*$1\$/,/^COMMIT/p" <<<"$3")
    for chain in postern postern-own; do
        [[ $chain == postern ]] && hook=PREROUTING || hook=OUTPUT
        if grep -q -- "^-A $chain " <<<"$2"; then
            declare+=":$chain - [0:0]"$'\n'
            hang+="-I $hook 1 -j $chain"$'\n'
        elif grep -q "^:$chain " <<<"$saved"; then
            declare+=":$chain - [0:0]"$'\n'
            drop+="-X $chain"$'\n'
        fi
        if grep -qx -- "-A $hook -j $chain" <<<"$saved"; then hang="-D $hook -j $chain"$'\n'$hang; fi
    done
    [[ -z $declare ]] || printf '*%s\n%s%s%s%sCOMMIT\n' "$1" "$declare" "$hang" "${2:+$2$'\n'}" "$drop"
}

iptables_of() { if [[ $1 == 6 ]]; then say ip6tables; else say iptables; fi; }

# iptables_compose FAMILY SAVED [none]: what iptables-restore is to be told.
iptables_compose() {
    local table rules='' to from
    # shellcheck disable=SC2034
    local families=("$1")
    to="-p tcp -m multiport --dports $(outer_ports)" from="-p tcp -m multiport --sports $(outer_ports)"
    for table in raw mangle nat; do
        [[ ${3:-} == none ]] || rules=$("iptables_$table")
        iptables_table "$table" "$rules" "$2"
    done
}

# iptables_load FAMILY [none]
iptables_load() {
    local saved text
    saved=$("$(iptables_of "$1")-save") || return
    text=$(iptables_compose "$1" "$saved" "${2:-}")
    [[ -z $text ]] || "$(iptables_of "$1")-restore" --noflush --wait <<<"$text"
}

iptables_present() {
    have iptables && grep -q '^:postern' <<<"$({ iptables-save && ip6tables-save; } 2>/dev/null)"
}

# iptables_show FAMILY: our rules with their counts of packets and octets, table by table.
iptables_show() {
    local tool line title=''
    tool=$(iptables_of "$1")
    have "$tool" || return 0
    while read -r line; do
        case $line in
        \**) title="$tool ${line#\*}:" ;;
        \[*postern*)
            [[ -z $title ]] || say "$title"
            title=''
            say "    $line"
            ;;
        esac
    done < <("$tool-save" -c)
}
