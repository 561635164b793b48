/* A tree of registry keys and values behind one small interface.
 *
 * Backends: hive.h (regf files), overlay.h (copy-on-write on top of any other),
 * registry/text/regtext.h reads and writes .reg text through it. One rh_registry is one tree with
 * one root; which tree is HKLM\SYSTEM is decided above (machine/).
 *
 * Names are WTF-8 (base/text.h) with explicit lengths, compared without case, kept as stored.
 * Value data are raw bytes with a numeric type; what they mean is decided above.
 *
 * Threads: one at a time per registry. */
#ifndef RH_REGISTRY_REGISTRY_H
#define RH_REGISTRY_REGISTRY_H

#include "base/memory.h"

#include <stdbool.h>
#include <stdint.h>

#define RH_KEY_NAME_MAX 255     /* UTF-16 units [win32 registry-element-size-limits] */
#define RH_VALUE_NAME_MAX 16383 /* UTF-16 units */
#define RH_KEY_DEPTH_MAX 512

enum {
  RH_REG_NONE = 0,
  RH_REG_SZ = 1,
  RH_REG_EXPAND_SZ = 2,
  RH_REG_BINARY = 3,
  RH_REG_DWORD = 4,
  RH_REG_DWORD_BE = 5,
  RH_REG_LINK = 6,
  RH_REG_MULTI_SZ = 7,
  RH_REG_QWORD = 11
};

typedef struct rh_registry rh_registry;

/* A key of one registry. Stays valid until that key is deleted or the registry freed. */
typedef uint64_t rh_key;
#define RH_KEY_NONE ((rh_key)0)

/* What is known of a key. Starts as {0}; reading into it again reuses its storage. Pointers are
 * borrowed: valid until the next read into the same struct or the next change of the registry. */
typedef struct rh_key_info {
  const char *name; /* empty for the root */
  size_t name_len;
  uint64_t last_write; /* FILETIME */
  uint32_t flags;      /* as in the nk cell; 0x10 is a symbolic link */
  size_t subkey_count; /* a hint where the hive is damaged */
  size_t value_count;
  const unsigned char *class_name; /* raw bytes, UTF-16LE as a rule; NULL when there is none */
  size_t class_len;
  const unsigned char *security; /* self-relative security descriptor; NULL when there is none */
  size_t security_len;
  rh_buffer storage; /* holds the name where it had to be converted */
} rh_key_info;

/* A value. Starts as {0}; reading into it again reuses its storage. Pointers are borrowed as above.
 */
typedef struct rh_value {
  const char *name; /* empty for the default value */
  size_t name_len;
  uint32_t type;
  const unsigned char *data; /* never NULL when len > 0 */
  size_t len;
  rh_buffer name_storage;
  rh_buffer data_storage; /* holds data that is not in one piece in the file */
} rh_value;

void rh_key_info_dispose(rh_key_info *info);
void rh_value_dispose(rh_value *value);

/* A position in the subkeys or the values of one key. Lives on the stack, owns nothing. Ends, in an
 * undefined order but safely, when the key is changed meanwhile. */
typedef struct rh_cursor {
  rh_registry *registry;
  rh_key key;
  uint64_t state[6]; /* the backend's */
  uint64_t outer[3]; /* an overlay's, whose base has the state */
} rh_cursor;

/* What a caller may set on a key beside its values. NULL pointers and 0 leave things as they are;
 * clear_class removes the class name. */
typedef struct rh_key_details {
  uint64_t last_write;
  const unsigned char *class_name;
  size_t class_len;
  bool clear_class;
  const unsigned char *security;
  size_t security_len;
} rh_key_details;

/* How much a tree can hold that is stored in so many bytes. More is met only where lists overlap.
 */
typedef struct rh_walk_bounds {
  uint64_t keys, values, bytes; /* bytes: of data */
} rh_walk_bounds;

typedef struct rh_walk rh_walk;

/* A backend. Functions that change are NULL where the backend only reads. Keys that reach a
 * backend came from it. */
typedef struct rh_registry_backend {
  rh_status (*root)(rh_registry *, rh_key *out, rh_error *);
  rh_status (*find_key)(rh_registry *, rh_key parent, const char *name, size_t len, rh_key *out,
                        rh_error *);
  rh_status (*read_key)(rh_registry *, rh_key, rh_key_info *out, rh_error *);
  rh_status (*next_key)(rh_cursor *, rh_key *out, rh_error *);
  rh_status (*next_value)(rh_cursor *, rh_value *out, rh_error *);
  rh_status (*find_value)(rh_registry *, rh_key, const char *name, size_t len, rh_value *out,
                          rh_error *);
  rh_status (*create_key)(rh_registry *, rh_key parent, const char *name, size_t len, rh_key *out,
                          rh_error *);
  rh_status (*delete_key)(rh_registry *, rh_key, rh_error *);
  rh_status (*set_value)(rh_registry *, rh_key, const char *name, size_t name_len, uint32_t type,
                         const void *data, size_t len, rh_error *);
  rh_status (*delete_value)(rh_registry *, rh_key, const char *name, size_t len, rh_error *);
  rh_status (*set_details)(rh_registry *, rh_key, const rh_key_details *, rh_error *);
  void (*free)(rh_registry *);
  /* Visits key, whose record is in the walk, and what is below it, faster than by the functions
   * above; NULL where they are as fast. (walk.h) */
  rh_status (*walk)(rh_walk *, rh_key key, rh_error *);
  rh_walk_bounds (*bounds)(rh_registry *); /* NULL where they are not known */
} rh_registry_backend;

/* The head of every backend's own struct. */
struct rh_registry {
  const rh_registry_backend *backend;
  char *label;    /* for messages: a path or a hive's name; owned */
  uint64_t clock; /* FILETIME that changes are stamped with; 0 = the system's clock at the time */
};

void rh_registry_free(rh_registry *registry); /* NULL allowed */

rh_status rh_registry_root(rh_registry *registry, rh_key *out, rh_error *error);
/* One component. RH_ERR_NOT_FOUND when there is no such subkey. */
rh_status rh_registry_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                               rh_key *out, rh_error *error);
/* A path below parent, components separated by backslashes, empty for parent itself. One leading
 * backslash is allowed: what a walk tells can be given back. */
rh_status rh_registry_find_path(rh_registry *registry, rh_key parent, const char *path, rh_key *out,
                                rh_error *error);
rh_status rh_registry_read_key(rh_registry *registry, rh_key key, rh_key_info *out,
                               rh_error *error);

/* Walks subkeys in the registry's order, or values in stored order:
 *     rh_cursor cursor = rh_registry_keys(registry, key);
 *     while ((status = rh_cursor_next_key(&cursor, &child, error)) != RH_END) ...
 * RH_ERR_FORMAT reports one damaged entry; the cursor has moved past it and may be used on. */
rh_cursor rh_registry_keys(rh_registry *registry, rh_key key);
rh_cursor rh_registry_values(rh_registry *registry, rh_key key);
rh_status rh_cursor_next_key(rh_cursor *cursor, rh_key *out, rh_error *error);
rh_status rh_cursor_next_value(rh_cursor *cursor, rh_value *out, rh_error *error);

/* RH_ERR_NOT_FOUND when there is no such value. name empty = the default value. */
rh_status rh_registry_find_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                 rh_value *out, rh_error *error);
/* find_path and find_value in one, from the root, with NUL-terminated names. */
rh_status rh_registry_get(rh_registry *registry, const char *path, const char *name, rh_value *out,
                          rh_error *error);

/* Gives the subkey, made when absent with the parent's security. RH_ERR_ARGUMENT for an empty name
 * or one with a backslash, RH_ERR_LIMIT beyond the limits above. */
rh_status rh_registry_create_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                                 rh_key *out, rh_error *error);
rh_status rh_registry_create_path(rh_registry *registry, rh_key parent, const char *path,
                                  rh_key *out, rh_error *error);
/* Deletes a key with all that is below it. The root cannot be deleted. */
rh_status rh_registry_delete_key(rh_registry *registry, rh_key key, rh_error *error);
/* Sets a value and stamps the key. Setting what is there already changes nothing, not the time. */
rh_status rh_registry_set_value(rh_registry *registry, rh_key key, const char *name,
                                size_t name_len, uint32_t type, const void *data, size_t len,
                                rh_error *error);
rh_status rh_registry_delete_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                   rh_error *error);
rh_status rh_registry_set_details(rh_registry *registry, rh_key key, const rh_key_details *details,
                                  rh_error *error);

/* The path of a visited key from the key that the walk started at: "" for that one, else "\A\B".
 */
typedef struct rh_visit {
  rh_registry *registry;
  rh_key key;
  const char *path; /* borrowed, may hold NULs: path_len counts */
  size_t path_len;
  size_t depth;
  const rh_key_info *info;
} rh_visit;

/* Visits key and what is below it, parents first. Callbacks may be NULL; a status other than RH_OK
 * ends the walk and is returned. on_damage is told of each entry that cannot be read, after which
 * the walk goes on; without it damage ends the walk. A key below RH_KEY_DEPTH_MAX others, one that
 * is met twice, and values beyond what the file can hold are damage: a walk ends in a time that the
 * file's size bounds. It needs memory for one path and one value, and only in a hive whose lists
 * are damaged for the keys met as well. The registry must not be changed meanwhile. */
typedef struct rh_walker {
  rh_status (*on_key)(void *payload, const rh_visit *visit, rh_error *error);
  rh_status (*on_value)(void *payload, const rh_visit *visit, const rh_value *value,
                        rh_error *error);
  rh_status (*on_damage)(void *payload, const char *path, size_t path_len, const rh_error *damage);
  void *payload;
} rh_walker;
rh_status rh_registry_walk(rh_registry *registry, rh_key key, const rh_walker *walker,
                           rh_error *error);

/* Copies a key's class, security, time and values, and with deep all below it, onto a key of
 * another registry. */
rh_status rh_registry_copy(rh_registry *to, rh_key to_key, rh_registry *from, rh_key from_key,
                           bool deep, rh_error *error);

/* "REG_SZ" and so on; "0x1234" for other numbers, printed into out. */
const char *rh_value_type_name(uint32_t type, char out[16]);

#endif
