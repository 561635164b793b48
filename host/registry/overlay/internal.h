/* What the overlay remembers: a node for each key that was met, entries for the values touched.
 *
 * A node stands for a key of the base, for one that the overlay created, or, after a deletion, for
 * one that is gone; it lives until the overlay is freed, so that an old handle is always safe to
 * ask. Nodes that may differ from the base are linked into their parent's sorted children. What is
 * linked need not differ: differences are found when they are told. */
#ifndef RH_REGISTRY_OVERLAY_INTERNAL_H
#define RH_REGISTRY_OVERLAY_INTERNAL_H

#include "registry/overlay/overlay.h"

/* A value that was touched. One that says what the base says is no change. */
typedef struct rh_overlay_entry {
  char *name;
  size_t name_len;
  bool in_base;
  bool deleted; /* not seen through the overlay, be it in the base or not */
  bool secret;
  uint32_t type;
  unsigned char *data;
  size_t len;
  uint32_t origin;
} rh_overlay_entry;

typedef struct rh_overlay_node {
  struct rh_overlay_node *parent; /* NULL for the root */
  struct rh_overlay_node *next;   /* in the list of all nodes */
  rh_key base;                    /* RH_KEY_NONE: created here */
  char *name;                     /* NULL until linked */
  size_t name_len;
  bool deleted;
  uint32_t origin; /* of the creation, deletion or change of details */
  uint64_t time;   /* 0 = the base's */
  struct rh_overlay_node **children;
  size_t child_count, child_capacity;
  rh_overlay_entry *entries; /* sorted by name */
  size_t entry_count, entry_capacity;
  bool class_set, security_set; /* what follows replaces the base's */
  unsigned char *class_name, *security;
  size_t class_len, security_len;
} rh_overlay_node;

typedef struct rh_overlay {
  rh_registry head;
  rh_registry *base;
  uint32_t origin;
  rh_overlay_node *root;
  rh_overlay_node *nodes;  /* all of them */
  rh_overlay_node **slots; /* by base key, open addressing */
  size_t slot_count, slot_capacity;
} rh_overlay;

static inline rh_key rh_overlay_handle(const rh_overlay_node *node) {
  return (rh_key)(uintptr_t)node;
}

static inline rh_overlay *rh_overlay_of(rh_registry *registry) {
  return (rh_overlay *)registry; /* head is its first member */
}

/* The node of a handle; RH_ERR_NOT_FOUND when the key was deleted since. */
rh_status rh_overlay_node_get(const rh_overlay *overlay, rh_key key, rh_overlay_node **out,
                              rh_error *error);
/* The node of a key of the base, made when it is met for the first time. */
rh_status rh_overlay_node_meet(rh_overlay *overlay, rh_overlay_node *parent, rh_key base,
                               rh_overlay_node **out, rh_error *error);
/* The node of a key of the base, NULL when it was never met. */
rh_overlay_node *rh_overlay_node_known(const rh_overlay *overlay, rh_key base);
/* Makes and links a node that the base does not have; it starts as deleted. */
rh_status rh_overlay_node_create(rh_overlay *overlay, rh_overlay_node *parent, const char *name,
                                 size_t len, rh_overlay_node **out, rh_error *error);
/* Links a node and those above it, before its first change. */
rh_status rh_overlay_node_link(rh_overlay *overlay, rh_overlay_node *node, rh_error *error);
/* The position of a name among the linked children, or where it would be. */
size_t rh_overlay_child_position(const rh_overlay_node *node, const char *name, size_t len,
                                 bool *found);
/* Forgets all changes at and below node, but not which values are secret. */
void rh_overlay_node_reset(rh_overlay_node *node);
void rh_overlay_node_free(rh_overlay_node *node); /* this one only */

/* The entry of a name; NULL when the value was never touched. */
rh_overlay_entry *rh_overlay_entry_find(const rh_overlay_node *node, const char *name, size_t len);
/* The same, made when absent: it then says what the base says. Links the node. */
rh_status rh_overlay_entry_touch(rh_overlay *overlay, rh_overlay_node *node, const char *name,
                                 size_t len, rh_overlay_entry **out, rh_error *error);

/* The child that the overlay or its base has under a name, deleted or not. */
rh_status rh_overlay_find_child(rh_overlay *overlay, rh_overlay_node *parent, const char *name,
                                size_t len, rh_overlay_node **out, rh_error *error);
rh_status rh_overlay_no_value(const rh_overlay *overlay, rh_error *error);

/* The reading half of the backend. */
rh_status rh_overlay_root(rh_registry *registry, rh_key *out, rh_error *error);
rh_status rh_overlay_find_key(rh_registry *registry, rh_key parent, const char *name, size_t len,
                              rh_key *out, rh_error *error);
rh_status rh_overlay_read_key(rh_registry *registry, rh_key key, rh_key_info *out, rh_error *error);
rh_status rh_overlay_next_key(rh_cursor *cursor, rh_key *out, rh_error *error);
rh_status rh_overlay_next_value(rh_cursor *cursor, rh_value *out, rh_error *error);
rh_status rh_overlay_find_value(rh_registry *registry, rh_key key, const char *name, size_t len,
                                rh_value *out, rh_error *error);

#endif
