/* A walk as a backend sees it that goes through its own tree: see rh_registry_backend.walk.
 *
 * Such a backend enters and leaves each key, calls the walker, and tells damage; what those mean is
 * the same for every backend. (walk.c) */
#ifndef RH_REGISTRY_WALK_H
#define RH_REGISTRY_WALK_H

#include "registry/registry.h"

#include <string.h>

/* Keys met so far. Open addressing; RH_KEY_NONE is an empty slot. */
typedef struct rh_key_set {
  rh_key *slots;
  size_t count;
  size_t capacity; /* a power of two */
} rh_key_set;

struct rh_walk {
  const rh_walker *walker;
  rh_buffer path;
  rh_key_info info; /* of the key being visited; not needed any more when its subkeys are */
  rh_visit visit;   /* the same */
  rh_value value;
  rh_walk_bounds left;   /* keys counts what was visited, too */
  uint64_t entries_left; /* of lists of subkeys, for backends that have them */
  rh_key start;
  size_t keys;    /* visited so far */
  bool remembers; /* met holds every key that was visited */
  rh_key_set met;
  rh_error damage; /* here and not on the stack, which may be 512 keys deep */
};

/* Tells walk->damage when there is somebody to tell, so that the walk goes on; else fills error. */
rh_status rh_walk_tell_damage(rh_walk *walk, rh_status status, rh_error *error);
/* RH_ERR_FORMAT in walk->damage for a key that was met before. */
rh_status rh_walk_check_met(rh_walk *walk, rh_key key);
/* RH_ERR_FORMAT in walk->damage: deeper than keys can be. */
rh_status rh_walk_too_deep(rh_walk *walk);

/* Puts the subkey whose record is in walk->info behind the path. doubtful: it may have been met
 * already. RH_ERR_FORMAT, for rh_walk_tell_damage, for what a sound tree does not have. */
static inline rh_status rh_walk_enter(rh_walk *walk, rh_key key, size_t depth, bool doubtful) {
  rh_buffer *path = &walk->path;
  size_t len = walk->info.name_len;
  rh_status status = RH_OK;
  if (doubtful || walk->remembers)
    status = rh_walk_check_met(walk, key);
  if (status == RH_OK && depth > RH_KEY_DEPTH_MAX)
    status = rh_walk_too_deep(walk);
  if (status == RH_OK && path->capacity - path->len < len + 2)
    status = rh_buffer_reserve(path, len + 2, &walk->damage);
  if (status != RH_OK)
    return status;
  RH_ASSUME(path->data); /* there is room */
  unsigned char *end = path->data + path->len;
  path->len += len + 1;
  *end++ = '\\';
  memcpy(end, walk->info.name, len);
  end[len] = 0;
  return RH_OK;
}

/* Takes the path back to where it was. */
static inline void rh_walk_leave(rh_walk *walk, size_t path_len) {
  walk->path.len = path_len;
  walk->path.data[path_len] = 0;
}

/* Tells the walker of the key that was entered. */
static inline rh_status rh_walk_visit(rh_walk *walk, rh_key key, size_t depth, rh_error *error) {
  walk->visit.key = key;
  walk->visit.path = rh_buffer_text(&walk->path);
  walk->visit.path_len = walk->path.len;
  walk->visit.depth = depth;
  walk->keys++;
  rh_status status = rh_check_stop(error);
  if (status == RH_OK && walk->walker->on_key)
    status = walk->walker->on_key(walk->walker->payload, &walk->visit, error);
  return status;
}

#endif
