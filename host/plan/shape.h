/* Shapes of JSON: which keys an object has and of which kind each is, checked by name.
 *
 * A table of shapes says in C what a JSON Schema says for everybody; tests hold the two against
 * each other, so shapes bear the names of the schema's definitions. */
#ifndef RH_PLAN_SHAPE_H
#define RH_PLAN_SHAPE_H

#include "base/status.h"

#include <jansson.h>
#include <stdbool.h>

typedef enum rh_shape_kind {
  RH_SHAPE_TEXT,
  RH_SHAPE_NAME,    /* a text, or {"wtf8": hex} */
  RH_SHAPE_SCALAR,  /* a text, a number, true or false */
  RH_SHAPE_INTEGER, /* whole, of any sign */
  RH_SHAPE_COUNT,   /* whole, not negative */
  RH_SHAPE_FLAG,
  RH_SHAPE_SHA256,      /* 64 lower-case hex digits */
  RH_SHAPE_FINGERPRINT, /* the same, or "absent" */
  RH_SHAPE_LIST,        /* of items */
  RH_SHAPE_MAP,         /* any keys, values are items */
  RH_SHAPE_OBJECT       /* these keys and no others */
} rh_shape_kind;

typedef struct rh_shape rh_shape;

typedef struct rh_field {
  const char *key;
  const rh_shape *shape;
  bool optional;
} rh_field;

struct rh_shape {
  rh_shape_kind kind;
  const char *name;       /* of the schema's definition; NULL where it stands in its place */
  const rh_shape *item;   /* of a list or a map */
  const rh_field *fields; /* of an object, in the alphabet's order; ends with a NULL key */
};

/* RH_ERR_FORMAT whose object is the place of what is wrong: "verdicts[3].rule: is missing",
 * "verdicts[3].colour: does not belong here". where is the place of json, "" for a document. */
rh_status rh_shape_check(const rh_shape *shape, const json_t *json, const char *where,
                         rh_error *error);
/* An empty table of Lua could be a list or a map, and comes as a list: makes it what the shape
 * says, also below. */
rh_status rh_shape_settle(const rh_shape *shape, json_t *json, rh_error *error);

/* A plan, docs/plan.schema.json. */
extern const rh_shape rh_plan_shape;
extern const rh_shape rh_request_shape;

#endif
