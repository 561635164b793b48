#!/bin/sh
# The migration store as age, zstd, tar and xmllint see it, and what must not open.
. "$(dirname "$0")/../harness.sh"
. "$(dirname "$0")/../servers.sh"

make_store() {
  use_servers
  use_key
  "$rehome" export --source EDGE01 --store e.rehome --recipient "$recipient" --time 2024-01-01 remote-access >/dev/null
}

test_age_zstd_and_tar_open_it() {
  need age
  need zstd
  make_store
  age -d -i key.txt e.rehome | zstd -dq >e.tar
  tar -tf e.tar >members
  [ "$(head -n 1 members)" = manifest.xml ] || fail "the manifest is not first"
  sed 1d members | LC_ALL=C sort -c
  grep -qx 'Windows/System32/config/SYSTEM' members
  grep -q 'router.pbk' members
  mkdir by-tar
  tar -xf e.tar -C by-tar
  expect 0 "$rehome" store extract e.rehome --identity key.txt --output by-rehome
  diff -r by-tar by-rehome
  # Secrets stay with the old server.
  grep -qiE 'config/(SAM|SECURITY)' members && fail "SAM or SECURITY was captured"
  true
}

test_xmllint_accepts_the_manifest() {
  need xmllint
  make_store
  "$rehome" store extract e.rehome --identity key.txt --output x >/dev/null
  xmllint --noout --relaxng "$root/docs/manifest.rng" x/manifest.xml
}

test_same_input_gives_the_same_content() {
  need age
  make_store
  "$rehome" export --source EDGE01 --store f.rehome --recipient "$recipient" --time 2024-01-01 remote-access >/dev/null
  cmp -s e.rehome f.rehome && fail "two sealed files are equal: a key was used twice"
  age -d -i key.txt e.rehome >one
  age -d -i key.txt f.rehome >two
  same one two
}

test_a_store_that_age_sealed_is_opened() {
  need age
  make_store
  age -d -i key.txt e.rehome | age -r "$recipient" >by-age.rehome
  expect 0 "$rehome" store verify by-age.rehome --identity key.txt
  age-keygen -o other.txt 2>/dev/null
  age -d -i key.txt e.rehome | age -r "$(age-keygen -y other.txt)" -r "$recipient" >two.rehome
  expect 0 "$rehome" store verify two.rehome --identity key.txt
  expect 0 "$rehome" store verify two.rehome --identity other.txt
}

test_passphrase() {
  use_servers
  echo "correct horse battery" >pass
  echo "wrong horse battery" >wrong
  "$rehome" export --source EDGE01 --store p.rehome --passphrase-file pass remote-access >/dev/null
  expect 0 "$rehome" store inspect p.rehome --passphrase-file pass
  says out "EDGE01"
  expect 8 "$rehome" store inspect p.rehome --passphrase-file wrong
  says err "passphrase"
  grep -q "horse" err && fail "a passphrase was printed"
  true
}

test_damage_anywhere_is_refused() {
  make_store
  size=$(wc -c <e.rehome)
  for at in 0 20 60 100 150 200 250 300 $((size / 3)) $((size / 2)) $((size - 17)) $((size - 1)); do
    cp e.rehome bad.rehome
    byte=$(dd if=e.rehome bs=1 skip="$at" count=1 2>/dev/null | od -An -tu1 | tr -d ' ')
    # shellcheck disable=SC2059 # an octal escape is made
    printf "\\$(printf '%03o' $((byte ^ 1)))" | dd of=bad.rehome bs=1 seek="$at" conv=notrunc 2>/dev/null
    expect 8 "$rehome" store extract bad.rehome --identity key.txt --output x
    [ ! -e x ] || fail "something was extracted with byte $at altered"
  done
}

test_truncation_is_refused() {
  make_store
  size=$(wc -c <e.rehome)
  for len in 0 1 50 150 200 $((size / 2)) $((size - 16)) $((size - 1)); do
    head -c "$len" e.rehome >short.rehome
    expect 8 "$rehome" store extract short.rehome --identity key.txt --output x
    [ ! -e x ] || fail "something was extracted of $len bytes"
  done
}

test_not_ours() {
  need age
  use_key
  echo hello | age -r "$recipient" >hello.rehome
  expect 8 "$rehome" store inspect hello.rehome --identity key.txt
  age-keygen -o other.txt 2>/dev/null
  expect 8 "$rehome" store inspect hello.rehome --identity other.txt
  says err "no key"
  echo hello | age -a -r "$recipient" >armored.rehome
  expect 8 "$rehome" store inspect armored.rehome --identity key.txt
  says err "armor"
}

run_tests
