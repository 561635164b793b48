/* The Lua files that travel inside the program; the array is written by embed.cmake. */
#ifndef RH_SCRIPT_EMBEDDED_H
#define RH_SCRIPT_EMBEDDED_H

#include <stddef.h>

typedef struct rh_embedded_file {
  const char *path; /* "stdlib/engine.lua", "playbooks/ID/playbook.lua", "luaunit.lua" */
  const unsigned char *data;
  size_t len;
} rh_embedded_file;

/* Sorted by path. The last one has a NULL path. */
extern const rh_embedded_file rh_embedded_files[];

#endif
