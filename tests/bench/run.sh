#!/bin/sh
# Measures the hive engine beside floors and other programs, and prints ratios: not a test.
#
#     sh tests/bench/run.sh [ROUNDS]      (7; medians of interleaved runs)
#
# FLOORS (../shared/bench) has the programs to measure against and DATA (../shared/data) the hives;
# what is missing is named and left out. WORK is a scratch folder. Numbers of one run may be
# compared, those of two runs may not.
set -u
root=$(cd "$(dirname "$0")/../.." && pwd)
rounds=${1:-7}
floors=${FLOORS:-$root/../shared/bench}
data=${DATA:-$root/../shared/data}
work=${WORK:-/tmp/rehome-bench}
bin=$work/bin
mkdir -p "$bin" "$work/hives"

if [ "$(id -u)" -eq 0 ] && [ ! -e /usr/include/hivex.h ]; then
  DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libhivex-dev \
    libregf-dev libbfio-dev libwin-hivex-perl >/dev/null 2>&1
fi
cmake -S "$root" -B "$work/build" -DCMAKE_BUILD_TYPE=Release >/dev/null &&
  cmake --build "$work/build" --target bench_hive >/dev/null || exit 1
own=$work/build/tests/bench_hive
for program in mmwalk hxwalk hxwrite hivegen commitfloor; do
  [ -d "$floors" ] && make -s -C "$floors" BIN="$bin" "$bin/$program" 2>/dev/null
  [ -x "$bin/$program" ] || echo "# $program cannot be built: its rows are left out"
done

# The hives: the two largest real ones, and clones of the first, in order and scattered.
cd "$work/hives" || exit 1
for name in SYSTEM_win10_DESKTOP-M3OSHQU SOFTWARE_winxp-sp3_RAWR; do
  [ -f "$name" ] || xz -dc "$data/hives/$name.xz" >"$name" 2>/dev/null || { rm -f "$name"; echo "# no $name"; }
done
system=$work/hives/SYSTEM_win10_DESKTOP-M3OSHQU
[ -f "$system" ] || exit 1
if [ -x "$bin/hivegen" ]; then
  [ -f clone60 ] || "$bin/hivegen" clone "$system" 5 clone60 >/dev/null
  [ -f clone121 ] || "$bin/hivegen" clone "$system" 10 clone121 >/dev/null
  [ -f scattered121 ] || "$bin/hivegen" clone "$system" 10 scattered121 7 >/dev/null
fi
"$own" export "$system" >/dev/null

in_process() { "$@" 2>/dev/null | sed -n 's/.* ms=\([0-9.]*\).*/\1/p' | head -1; }
whole() {
  begin=$(date +%s%N)
  "$@" >/dev/null 2>&1 || return
  end=$(date +%s%N)
  echo "$begin $end" | awk '{ printf "%.3f\n", ($2 - $1) / 1e6 }'
}
median() { sort -n | awk '{ a[NR] = $1 } END { if (NR) print a[int((NR + 1) / 2)] }'; }

# row TITLE HOW OURS-COMMAND FLOOR-COMMAND PEER-COMMAND: commands are words; "-" is none.
row() {
  title=$1 how=$2
  : >"$work/ours"
  : >"$work/floor"
  : >"$work/peer"
  round=0
  while [ $round -lt "$rounds" ]; do
    # shellcheck disable=SC2086 # commands are words
    {
      in_process $3 >>"$work/ours"
      [ "$4" = - ] || $how $4 >>"$work/floor"
      [ "$5" = - ] || $how $5 >>"$work/peer"
    }
    round=$((round + 1))
  done
  echo "$title|$(median <"$work/ours")|$(median <"$work/floor")|$(median <"$work/peer")" |
    awk -F'|' '{ printf "%-34s %10.3f ms", $1, $2
      if ($3 != "") printf "   %5.2f times the floor (%.3f)", $2 / $3, $3
      if ($4 != "") printf "   %7.1f times faster than the peer (%.3f)", $4 / $2, $4
      print "" }'
}
if_has() { [ -x "$bin/$1" ] && echo "$bin/$*" || echo -; }

for hive in SYSTEM_win10_DESKTOP-M3OSHQU SOFTWARE_winxp-sp3_RAWR clone60 clone121 scattered121; do
  [ -f "$hive" ] || continue
  short=$(echo "$hive" | cut -d_ -f1)
  row "walk $short" in_process "$own walk $hive" "$(if_has mmwalk walk "$hive")" "$(if_has hxwalk visit "$hive")"
  row "walk, data touched $short" in_process "$own walk $hive" "$(if_has mmwalk touch "$hive")" -
  row "walk with strings $short" in_process "$own strings $hive" "$(if_has mmwalk utf8 "$hive")" "$(if_has hxwalk visits "$hive")"
done
path='ControlSet001\Services\Tcpip\Parameters'
for hive in SYSTEM_win10_DESKTOP-M3OSHQU clone121; do
  [ -f "$hive" ] || continue
  key=$path
  [ "$hive" = clone121 ] && key="Clone00005\\$path"
  row "one value of $hive" in_process "$own get $hive $key DataBasePath 9" \
    "$(if_has mmwalk get "$hive" "$key" DataBasePath 9)" "$(if_has hxwalk get "$hive" "$key" DataBasePath 9)"
done
"$bin/mmwalk" reg "$system" >/dev/null 2>&1
row "export .reg" whole "$own export $system" "$(if_has mmwalk reg "$system")" \
  "$(command -v hivexregedit >/dev/null && echo "hivexregedit --export $system \\" || echo -)"
# A whole new file, put on the disk and renamed; and the same tree written through libhivex.
copy_file() { "$bin/commitfloor" "$system" "$work" 20 1 | sed 's/.*rename=\([0-9.]*\).*/ ms=\1/'; }
copy_tree() {
  "$bin/hxwrite" clone "$data/synthetic/hivex_minimal" "$work/cloned" "$system" |
    sed 's/.*edit_ms=\([0-9.]*\) commit_ms=\([0-9.]*\).*/\1 \2/' | awk '{ print " ms=" $1 + $2 }'
}
has() { [ -x "$bin/$1" ] && echo "$2" || echo -; }
row "commit" in_process "$own commit $system $work/out" "$(has commitfloor copy_file)" -
row "rebuild and commit" in_process "$own rebuild $system $work/out" - "$(has hxwrite copy_tree)"
field() { sed -n "s/.* $1=\([0-9]*\).*/\1/p"; }
echo "# size after a rebuild: $("$own" rebuild "$system" "$work/out" | field written) of $(wc -c <"$system") bytes"
for count in 10000 20000 40000 80000; do
  row "$count values on one key" in_process "$own values $count" - -
  row "$count subkeys of one key" in_process "$own keys $count" - -
done
# What they need is the record, its data, its entry in the list and the sizes of two cells or one.
for kind in "values 61" "keys 99" "churn 61"; do
  echo "# bytes of the hive for 10000 ${kind% *}: $("$own" "${kind% *}" 10000 | field written), ${kind#* } are needed for each"
done
if command -v hivexregedit >/dev/null; then
  hivexregedit --export "$system" '\' >"$work/system.reg"
  "$own" values 1 >/dev/null
  merge() { cp "$data/synthetic/hivex_minimal" "$work/merged" && hivexregedit --merge "$work/merged" "$work/system.reg"; }
  row "import .reg" whole "$own import $work/system.reg $work/out" - merge
else
  echo "# hivexregedit is not installed: .reg import has no peer"
fi

# Text that is much larger than the hive that it makes: 256 values of 2 KB, set again and again.
block() {
  awk -v digit="$1" 'BEGIN {
    for (i = 0; i < 2047; i++)
      data = data digit digit ","
    for (key = 0; key < 16; key++) {
      printf "\n[HKEY_LOCAL_MACHINE\\BENCH\\Key%d]\n", key
      for (value = 0; value < 16; value++)
        printf "\"Value%d\"=hex:%s%s\n", value, data, digit digit
    }
  }'
}
megabytes=${TEXT_MB:-64}
block a >"$work/block" && block b >>"$work/block" # 3 MB
{
  echo "Windows Registry Editor Version 5.00"
  for _ in $(seq $(((megabytes + 2) / 3))); do cat "$work/block"; done
} >"$work/large.reg"
"$own" import "$work/large.reg" "$work/out" >"$work/line"
echo "# .reg text of $(wc -c <"$work/large.reg") bytes: $(in_process cat "$work/line") ms, $(field peak_kb <"$work/line") KB of memory at most"
rm -f "$work/large.reg"
[ -f clone121 ] && row "diff of two 120 MB hives" in_process "$own diff clone121 scattered121" - -
if command -v valgrind >/dev/null; then
  for program in "$own walk $system" "$(if_has mmwalk walk "$system")"; do
    # shellcheck disable=SC2086 # a command is words
    [ "$program" = - ] || valgrind --tool=callgrind --callgrind-out-file=/dev/null $program 2>&1 |
      sed -n "s|.*Collected : |# instructions of $(basename "${program%% *}") walk: |p"
  done
  valgrind --tool=callgrind --callgrind-out-file=/dev/null "$own" 2>&1 |
    sed -n "s|.*Collected : |# of which to start the program: |p"
  for hive in "$system" clone121; do
    [ -f "$hive" ] || continue
    valgrind -q --tool=massif --massif-out-file="$work/massif" "$own" walk "$hive" >/dev/null
    echo "# heap of a walk of $(basename "$hive"): $(sed -n 's/^mem_heap_B=//p' "$work/massif" | sort -n | tail -n 1) bytes at most"
  done
fi
