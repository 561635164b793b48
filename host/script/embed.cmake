# Writes OUT, a C file that holds stdlib, playbooks and LuaUnit as byte arrays:
#   cmake -DROOT=<source folder> -DOUT=<file> -P embed.cmake
file(GLOB_RECURSE files RELATIVE ${ROOT} ${ROOT}/stdlib/*.lua ${ROOT}/playbooks/*.lua)
find_file(LUAUNIT luaunit.lua PATHS /usr/share/lua/5.4 /usr/local/share/lua/5.4)
if(NOT LUAUNIT)
  message(FATAL_ERROR "luaunit.lua was not found: install the package lua-unit, or give -DLUAUNIT=")
endif()
list(APPEND files luaunit.lua)
list(SORT files)

set(arrays "")
set(table "")
set(number 0)
foreach(name IN LISTS files)
  if(name STREQUAL "luaunit.lua")
    set(path ${LUAUNIT})
  else()
    set(path ${ROOT}/${name})
  endif()
  file(READ ${path} hex HEX)
  string(REGEX REPLACE "(................................)" "\\1\n" hex "${hex}")
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  # The zero at the end keeps the array of an empty file from being empty.
  string(APPEND arrays "static const unsigned char file_${number}[] = {\n${bytes}0x00};\n")
  string(APPEND table "    {\"${name}\", file_${number}, sizeof file_${number} - 1},\n")
  math(EXPR number "${number} + 1")
endforeach()

file(WRITE ${OUT}
     "/* Made by embed.cmake. */\n#include \"script/embedded.h\"\n\n${arrays}\n"
     "const rh_embedded_file rh_embedded_files[] = {\n${table}    {NULL, NULL, 0},\n};\n")
