#!/bin/sh
# Hives as libhivex, hivexregedit and reglookup see them, against rehome.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

hivex_listing() { perl "$here/hivex_listing.pl" "$1" | LC_ALL=C sort; }

# unpack: every sound hive of the collection in the current folder, FOLDER%NAME without .xz.
unpack() {
  for packed in "$data"/hives/*.xz "$data"/hives/*/Amcache.hve.xz "$data"/synthetic/*; do
    name=$(echo "${packed#"$data"/}" | sed 's/\.xz$//; s|/|%|g')
    case $packed in *.xz) xz -dc "$packed" >"$name" ;; *) cp "$packed" "$name" ;; esac
  done
}

# Counts and digests of the collection: those on which two independent readers agree.
test_counts_of_every_sound_hive() {
  need_data
  unpack
  checked=0
  for name in *; do
    case $name in *nt-hive_testhive) continue ;; esac # its readers disagree
    # "| hives/NAME.xz | ... [132 keys, 103 values] |", agreed counts stand in brackets
    counts=$(grep -F "| $(echo "$name" | tr % /)" "$data/README.md" | grep -o '\[[0-9]* keys, [0-9]* values\]' | tail -n 1)
    [ -n "$counts" ] || continue
    "$rehome" hive list "$name" >"list"
    found="[$(grep -c '^K' list) keys, $(grep -c '^V' list || true) values]"
    [ "$counts" = "$found" ] || fail "$name: $counts expected, $found found"
    checked=$((checked + 1))
  done
  rm list
  [ $checked -ge 24 ] || fail "only $checked hives were checked"
}

test_listing_of_every_sound_hive_is_that_of_hivex() {
  need_data
  perl -MWin::Hivex -e 1 2>/dev/null || skip "libwin-hivex-perl is not installed"
  mkdir hives
  (cd hives && unpack)
  for name in hives/*; do
    hivex_listing "$name" >theirs
    listing "$name" >ours
    cmp theirs ours || fail "$name"
  done
}

# Reading, changing one value and committing: the change is there for hivex, all else equal.
test_one_changed_value_in_every_sound_hive() {
  need_data
  perl -MWin::Hivex -e 1 2>/dev/null || skip "libwin-hivex-perl is not installed"
  mkdir hives
  (cd hives && unpack)
  printf 'Windows Registry Editor Version 5.00\n\n[HKEY_LOCAL_MACHINE\\HIVE]\n"rehome test"="changed"\n' >change.reg
  for name in hives/*; do
    case $name in *.previous) continue ;; esac
    hivex_listing "$name" >before
    expect 0 "$rehome" hive import "$name" change.reg --prefix 'HKEY_LOCAL_MACHINE\HIVE'
    hivex_listing "$name" >after
    # The root's time and the new value; nothing else.
    diff -a before after | grep -a '^[<>]' | grep -av '^[<>] K		' >differences || true
    [ "$(wc -l <differences)" -eq 1 ] || fail "$name: $(cat differences)"
    grep -aq '^> V		rehome test	1	16	' differences || fail "$name: $(cat differences)"
    rm -f "$name.previous"
  done
}

test_written_destination_is_sound_for_others() {
  command -v hivexregedit >/dev/null || skip "hivexregedit is not installed"
  command -v reglookup >/dev/null || skip "reglookup is not installed"
  use_servers
  "$rehome" migrate --source EDGE01 --destination EDGE02 --run run --accept-warnings remote-access >/dev/null || [ $? -eq 3 ]
  for name in SYSTEM SOFTWARE; do
    file=$(hive EDGE02 $name)
    reglookup "$file" >reglookup.out 2>reglookup.err || fail "reglookup: $(cat reglookup.err)"
    [ ! -s reglookup.err ] || fail "reglookup complains: $(cat reglookup.err)"
    hivexregedit --export --prefix "HKEY_LOCAL_MACHINE\\$name" "$file" '\' >hivex.reg 2>hivex.err ||
      fail "hivexregedit: $(cat hivex.err)"
    [ ! -s hivex.err ] || fail "hivexregedit complains: $(cat hivex.err)"
    hivex_listing "$file" >theirs
    listing "$file" | cmp theirs -
  done
  # Expected values, read by hivexsh: RouterType and the static pool of the source.
  for pair in 'RemoteAccess\Parameters RouterType' 'RemoteAccess\Parameters\Ip UseDhcpAddressing' \
    'RemoteAccess\Parameters\IKEV2 saLifeTime' 'RasMan\Parameters AllowPPTPWeakCrypto'; do
    key="\\ControlSet001\\Services\\${pair% *}"
    for server in EDGE01 EDGE02; do
      printf 'cd %s\nlsval %s\n' "$key" "${pair#* }" | hivexsh "$(hive $server SYSTEM)" >value.$server
    done
    [ -s value.EDGE01 ] || fail "$pair is not on the source"
    same value.EDGE01 value.EDGE02
  done
}

# What we write as .reg text, hivexregedit reads; what it writes, we read.
test_reg_text_both_ways() {
  command -v hivexregedit >/dev/null || skip "hivexregedit is not installed"
  use_servers
  file=$(hive EDGE01 SYSTEM)
  listing "$file" | grep '^V' >wanted
  "$rehome" hive export "$file" --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' --output ours.reg
  printf 'Windows Registry Editor Version 5.00\n' >empty.reg
  "$rehome" hive import theirs empty.reg --create >/dev/null
  # hivexregedit wants 8-bit text; -16-bit strings as they are.
  tail -c +3 ours.reg | iconv -f UTF-16LE -t UTF-8 | tr -d '\r' >ours.utf8.reg
  hivexregedit --merge --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' --encoding UTF-16LE theirs ours.utf8.reg
  listing theirs | grep '^V' | cmp wanted -
  hivexregedit --export --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' "$file" '\' >theirs.reg
  "$rehome" hive import back theirs.reg --create --prefix 'HKEY_LOCAL_MACHINE\SYSTEM' >/dev/null
  listing back | grep '^V' | cmp wanted -
}

run_tests
