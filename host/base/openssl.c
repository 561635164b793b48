/* OpenSSL's memory: every block is wiped when it is freed. */
#include "base/openssl.h"

#include "base/memory.h"

#include <openssl/crypto.h>
#include <string.h>

static void *alloc_block(size_t len, const char *file, int line) {
  (void)file, (void)line;
  return len > 0 ? rh_alloc_wiped(len) : NULL;
}

static void free_block(void *block, const char *file, int line) {
  (void)file, (void)line;
  rh_free_wiped(block);
}

static void *resize_block(void *block, size_t len, const char *file, int line) {
  void *larger = alloc_block(len, file, line);
  if (larger && block)
    memcpy(larger, block, rh_wiped_len(block) < len ? rh_wiped_len(block) : len);
  if (larger || len == 0)
    rh_free_wiped(block);
  return larger;
}

rh_status rh_openssl_prepare(rh_error *error) {
  if (CRYPTO_set_mem_functions(alloc_block, resize_block, free_block) == 1)
    return RH_OK;
  return rh_error_set(error, RH_ERR_UNSUPPORTED, "OpenSSL", "its memory is in use already");
}
