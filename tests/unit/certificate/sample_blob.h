/* For tests: one certificate, and blobs around it. Include after cmocka.h. */
#ifndef TEST_SAMPLE_BLOB_H
#define TEST_SAMPLE_BLOB_H

#include "base/text.h"
#include "certificate/certificate.h"

#include <string.h>

/* Made with the openssl program, which also printed what the tests expect of it. */
static const char sample_hex[] =
    "308201f83082019ea003020102020600a1b2c3d4e5300a06082a8648ce3d0403023041310b3009060355"
    "04061302435a31173015060355040a0c0e5ac3a1766f642c20732e722e6f2e3119301706035504030c10"
    "76706e2e6578616d706c652e74657374301e170d3236313132323133303531395a170d33363131313931"
    "33303531395a3041310b300906035504061302435a31173015060355040a0c0e5ac3a1766f642c20732e"
    "722e6f2e3119301706035504030c1076706e2e6578616d706c652e746573743059301306072a8648ce3d"
    "020106082a8648ce3d03010703420004e7b8e4b7f9ead53047e5822f512afd8e8a775bffc72d95c64a31"
    "2c7a7b00c23ccbfddb9d970635d654dec401e30a270cc5a45fd3d789715ec90d2a88cd957a93a3818130"
    "7f300c0603551d130101ff0402300030310603551d11042a3028821076706e2e6578616d706c652e7465"
    "7374820e2a2e6578616d706c652e746573748704c0000201301d0603551d250416301406082b06010505"
    "07030106082b06010505080202301d0603551d0e041604143583f5632e474df877ac312a8ed7c3293912"
    "260e300a06082a8648ce3d040302034800304502205d8039e5ac9d3ed63ea009b5532085680e65a4c87a"
    "019accfc4de3bca53fd939022100ce7d96de44eb56f5127396c4e9443b39b9c5b96cdae2ae6867db5d0c"
    "e5b4a858";
static const char sample_sha1[] = "4AAAF02D1F82D5E61329792B291FB22D6CBD1EAF";
static const char sample_sha256[] =
    "9263C2E45B182CDEB25818257A11A765AA0FC5B900372608C543F94C9EF35286";

static inline rh_buffer sample(void) {
  rh_buffer out = {0};
  assert_int_equal(rh_hex_parse(&out, sample_hex, sizeof sample_hex - 1, NULL), RH_OK);
  return out;
}

static inline void add(rh_buffer *blob, unsigned id, unsigned mark, const void *data, size_t len) {
  rh_buffer_append_u32(blob, id, NULL);
  rh_buffer_append_u32(blob, mark, NULL);
  rh_buffer_append_u32(blob, (unsigned long)len, NULL);
  rh_buffer_append(blob, data, len, NULL);
}

static inline void add_text(rh_buffer *out, const char *text) {
  rh_utf16_from_utf8(out, text, strlen(text), NULL);
  rh_buffer_append_u16(out, 0, NULL);
}

/* "Microsoft Software Key Storage Provider" and a container, as property 2 has them. */
static inline void add_key_provider(rh_buffer *blob, unsigned long container_at,
                                    unsigned long provider_at) {
  rh_buffer data = {0};
  unsigned long head[7] = {container_at, provider_at, 0, 0x20, 0, 0, 0};
  for (size_t i = 0; i < 7; i++)
    rh_buffer_append_u32(&data, head[i], NULL);
  add_text(&data, "box");                  /* at 28 */
  add_text(&data, "Key Storage Provider"); /* at 36 */
  add(blob, 2, 1, data.data, data.len);
  rh_buffer_dispose(&data);
}

/* A blob with all properties that are read, and one that is not. */
static inline rh_buffer full_blob(void) {
  static const unsigned char client[] = {0x30, 0x0A, 0x06, 0x08, 0x2B, 0x06,
                                         0x01, 0x05, 0x05, 0x07, 0x03, 0x02};
  rh_buffer blob = {0}, der = sample(), name = {0}, hash = {0};
  rh_hex_parse(&hash, sample_sha1, 40, NULL);
  rh_hex_parse(&hash, sample_sha256, 64, NULL);
  add_text(&name, "Brána do světa");
  add(&blob, 19, 1, "", 0);
  add(&blob, 32, 1, der.data, der.len); /* not last: the order is free */
  add(&blob, 4, 1, "0123456789abcdef", 16);
  add(&blob, 3, 1, hash.data, 20);
  add(&blob, 107, 1, hash.data + 20, 32);
  add(&blob, 9, 1, client, sizeof client);
  add(&blob, 11, 1, name.data, name.len);
  add_key_provider(&blob, 28, 36);
  rh_buffer_dispose(&der);
  rh_buffer_dispose(&name);
  rh_buffer_dispose(&hash);
  return blob;
}

static inline rh_status read_blob(rh_certificate **out, const rh_buffer *blob, rh_error *error) {
  return rh_certificate_read_blob(out, blob->data, blob->len, "blob", error);
}

#endif
