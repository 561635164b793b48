/* For tests: a registry as text, one line a key and a value; failures end the test. */
#ifndef TEST_REGISTRY_DUMP_H
#define TEST_REGISTRY_DUMP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "registry/hive/hive.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define must(call) must_be(call, RH_OK, #call, __LINE__)
#define must_fail(call, expected) must_be(call, expected, #call, __LINE__)

static inline void must_be(rh_status status, rh_status expected, const char *what, int line) {
  if (status != expected)
    fail_msg("line %d: %s gave %s, not %s", line, what, rh_status_name(status),
             rh_status_name(expected));
}

typedef struct dump {
  rh_buffer text;
  bool details; /* class and security too */
} dump;

static inline rh_status dump_key(void *payload, const rh_visit *visit, rh_error *error) {
  dump *self = payload;
  must(rh_buffer_append_text(&self->text, "K ", error));
  must(rh_buffer_append(&self->text, visit->path, visit->path_len, error));
  if (self->details) {
    must(rh_buffer_append_text(&self->text, " ", error));
    must(rh_buffer_append_hex(&self->text, visit->info->class_name, visit->info->class_len, error));
    must(rh_buffer_append_text(&self->text, " ", error));
    must(
        rh_buffer_append_hex(&self->text, visit->info->security, visit->info->security_len, error));
  }
  return rh_buffer_append_text(&self->text, "\n", error);
}

static inline rh_status dump_value(void *payload, const rh_visit *visit, const rh_value *value,
                                   rh_error *error) {
  dump *self = payload;
  must(rh_buffer_append_text(&self->text, "V ", error));
  must(rh_buffer_append(&self->text, visit->path, visit->path_len, error));
  must(rh_buffer_append_text(&self->text, " ", error));
  must(rh_buffer_append(&self->text, value->name, value->name_len, error));
  must(rh_buffer_printf(&self->text, error, " %u ", (unsigned)value->type));
  must(rh_buffer_append_hex(&self->text, value->data, value->len, error));
  return rh_buffer_append_text(&self->text, "\n", error);
}

static inline rh_key root_of(rh_registry *registry) {
  rh_key root = RH_KEY_NONE;
  must(rh_registry_root(registry, &root, NULL));
  return root;
}

/* The whole registry as text; the caller frees it. */
static inline char *dump_of(rh_registry *registry, bool details) {
  dump self = {.details = details};
  const rh_walker walker = {.on_key = dump_key, .on_value = dump_value, .payload = &self};
  rh_error error = {0};
  rh_status status = rh_registry_walk(registry, root_of(registry), &walker, &error);
  if (status != RH_OK)
    fail_msg("walk: %s: %s", error.object, error.message);
  return (char *)self.text.data;
}

static inline int compare_lines(const void *a, const void *b) {
  return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same with sorted lines, for registries that may order values differently. */
static inline char *sorted_dump_of(rh_registry *registry, bool details) {
  char *text = dump_of(registry, details);
  size_t count = 0;
  for (const char *p = text; *p; p++)
    count += *p == '\n';
  char **lines = malloc((count + 1) * sizeof *lines), *rest = text;
  rh_buffer out = {0};
  for (size_t i = 0; i < count; i++) {
    lines[i] = rest;
    rest = strchr(rest, '\n');
    *rest++ = '\0';
  }
  qsort(lines, count, sizeof *lines, compare_lines);
  for (size_t i = 0; i < count; i++)
    must(rh_buffer_printf(&out, NULL, "%s\n", lines[i]));
  free(lines);
  rh_free(text);
  return (char *)out.data;
}

static inline void assert_same_text(char *got, char *want) {
  if (strcmp(got, want) != 0) {
    size_t at = 0;
    while (got[at] == want[at])
      at++;
    while (at > 0 && got[at - 1] != '\n')
      at--;
    fail_msg("got:\n%.300s\nwant:\n%.300s", got + at, want + at);
  }
  rh_free(got);
  rh_free(want);
}

static inline void set_text(rh_registry *registry, const char *path, const char *name,
                            const char *data) {
  rh_key key;
  must(rh_registry_create_path(registry, root_of(registry), path, &key, NULL));
  must(rh_registry_set_value(registry, key, name, strlen(name), RH_REG_BINARY, data, strlen(data),
                             NULL));
}

static inline rh_key key_at(rh_registry *registry, const char *path) {
  rh_key key;
  must(rh_registry_find_path(registry, root_of(registry), path, &key, NULL));
  return key;
}

#endif
