/* OpenSSL's memory: every block is wiped when it is freed. */
#include "base/openssl.h"

#include "base/memory.h"

#include <openssl/crypto.h>
#include <stdint.h>
#include <string.h>

/* In front of each block: how much there is to wipe. */
typedef union block_head {
  size_t len;
  max_align_t align;
} block_head;

static void *alloc_block(size_t len, const char *file, int line) {
  (void)file, (void)line;
  block_head *head = len > 0 && len < SIZE_MAX - sizeof *head ? rh_alloc(sizeof *head + len) : NULL;
  if (!head)
    return NULL;
  head->len = len;
  return head + 1;
}

static void free_block(void *block, const char *file, int line) {
  (void)file, (void)line;
  block_head *head = block;
  if (head)
    rh_free_secret(head - 1, sizeof *head + head[-1].len);
}

static void *resize_block(void *block, size_t len, const char *file, int line) {
  const block_head *head = block;
  void *larger = alloc_block(len, file, line);
  if (larger && head)
    memcpy(larger, block, head[-1].len < len ? head[-1].len : len);
  if (larger || len == 0)
    free_block(block, file, line);
  return larger;
}

rh_status rh_openssl_prepare(rh_error *error) {
  if (CRYPTO_set_mem_functions(alloc_block, resize_block, free_block) == 1)
    return RH_OK;
  return rh_error_set(error, RH_ERR_UNSUPPORTED, "OpenSSL", "its memory is in use already");
}
