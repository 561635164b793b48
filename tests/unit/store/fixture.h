/* What the tests of the store share: a fresh folder, a key pair, a small manifest. */
#ifndef RH_TEST_STORE_FIXTURE_H
#define RH_TEST_STORE_FIXTURE_H

#include "age/memory_file.h"
#include "base/file.h"
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct fixture {
  char folder[256];
  char store[300]; /* a path in it */
  rh_age_keys keys;
  rh_age_recipients recipients;
} fixture;

static inline int fixture_setup(void **state) {
  static unsigned counter;
  fixture *fix = calloc(1, sizeof *fix);
  rh_buffer identity = {0}, recipient = {0};
  const char *temporary = getenv("TMPDIR");
  if (!fix)
    return -1;
  snprintf(fix->folder, sizeof fix->folder, "%s/rehome-test-%llx-%u",
           temporary ? temporary : "/tmp", (unsigned long long)rh_platform_filetime(), counter++);
  snprintf(fix->store, sizeof fix->store, "%s/server.store", fix->folder);
  if (rh_platform_make_folder(fix->folder, RH_FILE_PRIVATE, NULL) != RH_OK ||
      rh_age_keygen(&identity, &recipient, NULL) != RH_OK ||
      rh_age_keys_add_identities(&fix->keys, rh_buffer_text(&identity), identity.len, "keys",
                                 NULL) != RH_OK ||
      rh_age_recipients_add(&fix->recipients, rh_buffer_text(&recipient), NULL) != RH_OK)
    return -1;
  rh_buffer_dispose_secret(&identity);
  rh_buffer_dispose(&recipient);
  *state = fix;
  return 0;
}

static inline int fixture_teardown(void **state) {
  fixture *fix = *state;
  rh_status status = rh_file_remove_tree(fix->folder, NULL);
  rh_age_keys_dispose(&fix->keys);
  rh_age_recipients_dispose(&fix->recipients);
  free(fix);
  return status == RH_OK ? 0 : -1;
}

static inline rh_store_fact *fixture_fact(const char *name, const char *value) {
  rh_store_fact *fact = rh_alloc_zero(1, sizeof *fact);
  if (fact)
    *fact = (rh_store_fact){rh_copy_text(name), rh_copy_text(value)};
  return fact;
}

/* A manifest without members. */
static inline rh_store_manifest fixture_manifest(void) {
  rh_store_manifest manifest = {.format_version = RH_STORE_FORMAT_VERSION};
  manifest.tool_version = rh_copy_text("0.1.0");
  manifest.created = rh_copy_text("2026-11-22T12:00:00Z");
  manifest.facts = fixture_fact("os-name", "Windows Server 2008 R2 Standard");
  manifest.fact_count = manifest.facts ? 1 : 0;
  return manifest;
}

/* Decrypts a whole store and takes away nothing else. */
static inline rh_status fixture_decrypt(const fixture *fix, rh_buffer *out) {
  memory_file file = {0};
  rh_status status = rh_file_read(&file.bytes, fix->store, 1 << 24, NULL);
  if (status == RH_OK)
    status = memory_file_open(&file, &fix->keys, out, NULL);
  rh_buffer_dispose(&file.bytes);
  return status;
}

#endif
