/* SHA-256 and HMAC against published test vectors. */
#include "base/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* FIPS 180-2, appendix B.1 and B.2 */
static void test_sha256(void **state) {
  char hex[RH_SHA256_HEX];
  rh_error error = {0};
  rh_hash *hash = NULL;
  (void)state;
  assert_int_equal(RH_OK, rh_sha256_hex(hex, "abc", 3, &error));
  assert_string_equal("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", hex);
  assert_int_equal(RH_OK, rh_hash_new(&hash, &error));
  assert_int_equal(RH_OK, rh_hash_add(hash, "abcdbcdecdefdefgefghfghi", 24, &error));
  assert_int_equal(RH_OK, rh_hash_add(hash, "ghijhijkijkljklmklmnlmnomnopnopq", 32, &error));
  assert_int_equal(RH_OK, rh_hash_finish(hash, hex, &error));
  assert_string_equal("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1", hex);
  rh_hash_free(hash);
}

/* RFC 4231, test cases 2 and 6 */
static void test_hmac(void **state) {
  static const char question[] = "what do ya want for nothing?";
  static const char larger[] = "Test Using Larger Than Block-Size Key - Hash Key First";
  char hex[RH_SHA256_HEX];
  unsigned char key[131];
  rh_error error = {0};
  (void)state;
  assert_int_equal(RH_OK, rh_hmac_sha256_hex(hex, "Jefe", 4, question, strlen(question), &error));
  assert_string_equal("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843", hex);
  memset(key, 0xaa, sizeof key);
  assert_int_equal(RH_OK, rh_hmac_sha256_hex(hex, key, sizeof key, larger, strlen(larger), &error));
  assert_string_equal("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54", hex);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sha256), cmocka_unit_test(test_hmac)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
