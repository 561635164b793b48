#!/bin/sh
# Checks the syntax of the host, all but base/posix, or of the files named, for Windows: what only one
# system has does not come in above base/.
#
#     tests/lint/windows.sh [FILE...]
#
# The libraries' headers are those of the Debian packages, copied, since beside them lie those of Linux.
set -u
cd "$(dirname "$0")/../.." || exit 1
headers=$(mktemp -d -p build windows-headers.XXXXXX) || exit 1
trap 'rm -rf "$headers"' EXIT

copy_headers() {
  multiarch=/usr/include/$(gcc -print-multiarch)
  mkdir "$headers/openssl" &&
    cp -r /usr/include/libxml2/libxml /usr/include/archive.h /usr/include/archive_entry.h /usr/include/jansson*.h \
      /usr/include/lua5.4/*.h "$multiarch"/lua5.4*.h "$headers" &&
    cp /usr/include/openssl/*.h "$multiarch"/openssl/*.h "$headers/openssl" &&
    # Debian's libxml2 converts with iconv and ICU, whose headers are Linux's.
    sed -i '/^#if 1$/ { N; /ICONV_ENABLED\|ICU_ENABLED/ s/^#if 1/#if 0/; }' "$headers"/libxml/xmlversion.h
}

copy_headers || exit 1
flags="-fsyntax-only -std=c11 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -D__USE_MINGW_ANSI_STDIO=1
  -DLIBXML_STATIC -DLIBARCHIVE_STATIC -DREHOME_VERSION=\"0\" -Ihost -isystem $headers"
if [ $# -gt 0 ]; then printf '%s\0' "$@"; else find host -name '*.c' ! -path 'host/base/posix/*' -print0; fi |
  # shellcheck disable=SC2086 # words
  xargs -0 -P "$(nproc)" -n 8 x86_64-w64-mingw32-gcc $flags
