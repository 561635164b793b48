/* PKCS#12: real files of Windows, NSS, BoringSSL and GnuTLS, files made here, and what is none. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate/make_certificate.h"
#include "certificate/pkcs12.h"
#include "data_file.h"

#include <openssl/pkcs12.h>
#include <openssl/provider.h>

/* Thumbprints: openssl pkcs12 -nokeys | openssl x509 -fingerprint. */
static const struct {
  const char *name, *password, *thumbprint;
  size_t chain;
  rh_status status;
} files[] = {
    {"My.pfx", "12345", "71CB4E2B02738AD44F8B382C93BD17BA665F9914", 0, RH_OK},
    {"My.pfx", "1234", NULL, 0, RH_ERR_SEALED},
    {"My.pfx", "", NULL, 0, RH_ERR_SEALED},
    {"contoso.com.pfx", "testcertificate", "683A0A9DD83DDD7083F15F73B2A904330B29E11D", 1, RH_OK},
    {"test_chain3.pfx", "test", "DAF5ACD663545F1EBB4622BCE2FC306B73CCB9C8", 2, RH_OK},
    {"windows_3des.pfx", "password", "E128464BE734D0F84BD928516C50F15A18B52B96", 0, RH_OK},
    {"windows_rc2-40.p12", "foo", "197E1FD6BC2CC24457D290AE8C1177DCE59F77EC", 0, RH_OK},
    {"boringssl_bad1.p12", "", NULL, 0, RH_ERR_SEALED},
    {"boringssl_empty_password.p12", "", "3F3138ECB9F145E13E90710DC128BA4E6FA09CED", 0, RH_OK},
    {"boringssl_no_encryption.p12", "foo", "3F3138ECB9F145E13E90710DC128BA4E6FA09CED", 0, RH_OK},
    {"boringssl_no_encryption.p12", "bar", NULL, 0, RH_ERR_SEALED},
    {"boringssl_nss.p12", "foo", "14742D528E0D0C066C3264D37E3331688B281A75", 0, RH_OK},
    {"boringssl_pbes2_sha256.p12", "foo", "47F418A54B85B702C197FF57B66F2145343D9222", 0, RH_OK},
    {"boringssl_unicode_password.p12", "Hello, 世界", "3F3138ECB9F145E13E90710DC128BA4E6FA09CED", 0,
     RH_OK},
    {"gnutls_key-utf8-1_aes256.p12", "ένα-δύο", "4504AA3F5603DA39D3BDAC30E68596011F887126", 1,
     RH_OK},
    {"gnutls_mac-sha512.p12", "Red Hat Enterprise Linux 7.4",
     "E376B462052B2FD4B9125BB0EAE04F10C8C0C5B0", 0, RH_OK},
    {"gnutls_no-salt.p12", "Red Hat Enterprise Linux 7.4",
     "E376B462052B2FD4B9125BB0EAE04F10C8C0C5B0", 0, RH_OK},
    {"gnutls_pbmac1_256_256.good.p12", "1234", NULL, 0, RH_ERR_UNSUPPORTED},
    {"gnutls_pkcs12_2certs.p12", "", "27215856246E2A2BEE01AA45CB9D92DAF4E3EC9E", 1, RH_OK},
};

static void test_real_files(void **state) {
  (void)state;
  for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
    char path[128];
    rh_buffer bytes = {0};
    rh_pkcs12 got = {0};
    rh_error error = {0};
    snprintf(path, sizeof path, "certs/%s", files[i].name);
    if (!read_data_file(&bytes, path))
      skip();
    rh_status status =
        rh_pkcs12_read(&got, bytes.data, bytes.len, files[i].password, files[i].name, &error);
    if (status != files[i].status)
      fail_msg("%s: %s: %s", files[i].name, rh_status_name(status), error.message);
    if (status == RH_OK) {
      assert_string_equal(got.certificate->thumbprint, files[i].thumbprint);
      assert_int_equal(got.chain.count, files[i].chain);
      assert_true(got.certificate->has_private_key);
    } else {
      assert_string_not_equal(error.hint, "");
    }
    rh_pkcs12_dispose(&got);
    rh_buffer_dispose(&bytes);
  }
}

/* How a file is made. Numbers of algorithms are OpenSSL's; -1 stands for no encryption. */
typedef struct packing {
  const char *password;
  int key_pbe, certificate_pbe;
  const EVP_MD *mac; /* NULL: SHA-1 */
  bool no_mac, no_key, no_certificate, two_keys, scrypt;
  const made *other; /* whose key it holds in place of its own */
  STACK_OF(X509) * chain;
  int rounds;
} packing;

static OSSL_LIB_CTX *context; /* with the legacy provider, for the whole test */

static void add_key(STACK_OF(PKCS12_SAFEBAG) * *bags, const packing *how, EVP_PKEY *key) {
  assert_non_null(PKCS12_add_key_ex(bags, key, 0, how->rounds ? how->rounds : 1, how->key_pbe,
                                    how->password, context, NULL));
}

static rh_buffer pack(const made *one, packing how) {
  STACK_OF(PKCS7) *safes = NULL;
  STACK_OF(PKCS12_SAFEBAG) *certificates = NULL, *keys = NULL;
  rh_buffer out = {0};
  unsigned char *der = NULL;
  int rounds = how.rounds ? how.rounds : 1;
  if (!how.no_certificate)
    assert_non_null(PKCS12_add_cert(&certificates, one->x509));
  for (int i = 0; i < sk_X509_num(how.chain); i++)
    assert_non_null(PKCS12_add_cert(&certificates, sk_X509_value(how.chain, i)));
  if (certificates)
    assert_int_equal(PKCS12_add_safe_ex(&safes, certificates, how.certificate_pbe, rounds,
                                        how.password, context, NULL),
                     1);
  if (how.scrypt) {
    static unsigned char salt[8];
    X509_ALGOR *algorithm = PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt, 8, NULL, 1024, 1, 1);
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(one->key);
    X509_SIG *sealed = PKCS8_set0_pbe(how.password, -1, info, algorithm);
    assert_non_null(sealed);
    keys = sk_PKCS12_SAFEBAG_new_null();
    sk_PKCS12_SAFEBAG_push(keys, PKCS12_SAFEBAG_create0_pkcs8(sealed));
    PKCS8_PRIV_KEY_INFO_free(info);
  } else if (!how.no_key) {
    add_key(&keys, &how, how.other ? how.other->key : one->key);
  }
  if (how.two_keys)
    add_key(&keys, &how, one->key);
  if (keys)
    assert_int_equal(PKCS12_add_safe(&safes, keys, -1, 0, NULL), 1);
  PKCS12 *file = PKCS12_add_safes_ex(safes, 0, context, NULL);
  assert_non_null(file);
  if (!how.no_mac)
    assert_int_equal(PKCS12_set_mac(file, how.password, -1, NULL, 0, rounds, how.mac), 1);
  int len = i2d_PKCS12(file, &der);
  assert_true(len > 0);
  assert_int_equal(rh_buffer_append(&out, der, (size_t)len, NULL), RH_OK);
  OPENSSL_free(der);
  PKCS12_free(file);
  sk_PKCS7_pop_free(safes, PKCS7_free);
  sk_PKCS12_SAFEBAG_pop_free(certificates, PKCS12_SAFEBAG_free);
  sk_PKCS12_SAFEBAG_pop_free(keys, PKCS12_SAFEBAG_free);
  return out;
}

/* Packs, opens with password, and gives what came of it. */
static rh_status open_packed(const made *one, packing how, const char *password, rh_error *error) {
  rh_buffer bytes = pack(one, how);
  rh_pkcs12 got = {0};
  *error = (rh_error){0};
  rh_status status = rh_pkcs12_read(&got, bytes.data, bytes.len, password, "made.pfx", error);
  if (status == RH_OK) {
    assert_string_equal(got.certificate->sha256, one->certificate->sha256);
    assert_int_equal(got.chain.count, sk_X509_num(how.chain) > 0 ? sk_X509_num(how.chain) : 0);
  } else {
    assert_string_equal(error->object, "made.pfx");
    assert_string_not_equal(error->hint, "");
  }
  rh_pkcs12_dispose(&got);
  rh_buffer_dispose(&bytes);
  return status;
}

#define RC2_40 NID_pbe_WithSHA1And40BitRC2_CBC
#define TRIPLE_DES NID_pbe_WithSHA1And3_Key_TripleDES_CBC

static void test_algorithms_and_passwords(void **state) {
  static const char *const passwords[] = {"secret", "", "Größe ünd €", "ключ-密码-😀", "a b\tc"};
  const int pairs[][2] = {{TRIPLE_DES, RC2_40},
                          {TRIPLE_DES, TRIPLE_DES},
                          {NID_aes_256_cbc, NID_aes_256_cbc},
                          {NID_aes_128_cbc, -1}};
  const EVP_MD *const macs[] = {NULL, EVP_sha256(), EVP_sha384(), EVP_sha512()};
  rh_error error;
  (void)state;
  made root = make((recipe){.name = "Root"});
  made leaf = make((recipe){.name = "vpn.example.com", .issuer = &root, .no_authority = true});
  STACK_OF(X509) *chain = sk_X509_new_null();
  sk_X509_push(chain, root.x509);
  for (size_t p = 0; p < 5; p++)
    for (size_t a = 0; a < 4; a++)
      for (size_t m = 0; m < 4; m++) {
        packing how = {.password = passwords[p],
                       .key_pbe = pairs[a][0],
                       .certificate_pbe = pairs[a][1],
                       .mac = macs[m],
                       .chain = chain};
        assert_int_equal(open_packed(&leaf, how, passwords[p], &error), RH_OK);
        assert_int_equal(open_packed(&leaf, how, "another", &error), RH_ERR_SEALED);
        assert_null(strstr(error.message, "another"));
      }
  /* No password at all is another thing than an empty one; both are given as "". */
  packing without = {.password = NULL, .key_pbe = TRIPLE_DES, .certificate_pbe = RC2_40};
  assert_int_equal(open_packed(&leaf, without, "", &error), RH_OK);
  assert_int_equal(open_packed(&leaf, without, "x", &error), RH_ERR_SEALED);
  sk_X509_free(chain);
  unmake(&leaf);
  unmake(&root);
}

static void test_without_a_mac(void **state) {
  rh_error error;
  (void)state;
  made one = make((recipe){.name = "one"});
  packing how = {.password = "secret",
                 .key_pbe = NID_aes_256_cbc,
                 .certificate_pbe = NID_aes_256_cbc,
                 .no_mac = true};
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_OK);
  assert_int_equal(open_packed(&one, how, "wrong", &error), RH_ERR_SEALED);
  how.password = "";
  assert_int_equal(open_packed(&one, how, "", &error), RH_OK);
  how = (packing){.key_pbe = -1, .certificate_pbe = -1, .no_mac = true};
  assert_int_equal(open_packed(&one, how, "anything", &error), RH_OK);
  unmake(&one);
}

static void test_what_is_missing_or_too_much(void **state) {
  rh_error error;
  (void)state;
  made one = make((recipe){.name = "one"}), other = make((recipe){.name = "other", .rsa = true});
  const packing usual = {.password = "secret", .key_pbe = TRIPLE_DES, .certificate_pbe = RC2_40};
  packing how = usual;
  how.no_key = true;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_NOT_FOUND);
  assert_string_equal(error.message, "it holds no private key");
  how = usual;
  how.no_certificate = true;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_NOT_FOUND);
  assert_string_equal(error.message, "it holds no certificate");
  how = usual;
  how.other = &other;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_NOT_FOUND);
  assert_string_equal(error.message, "it holds no certificate of its private key");
  how = usual;
  how.two_keys = true;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_UNSUPPORTED);
  assert_string_equal(error.message, "it holds 2 private keys");
  how = usual;
  how.scrypt = true;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_UNSUPPORTED);
  assert_non_null(strstr(error.message, "scrypt"));
  unmake(&one);
  unmake(&other);
}

static void test_limits(void **state) {
  rh_error error;
  rh_pkcs12 got = {0};
  (void)state;
  made one = make((recipe){.name = "one"});
  /* The count stands before each derivation; the file is made with few rounds and then says more.
   */
  packing how = {
      .password = "secret", .key_pbe = NID_aes_256_cbc, .certificate_pbe = -1, .rounds = 0x1234};
  rh_buffer bytes = pack(&one, how);
  size_t changed = 0;
  for (size_t i = 0; i + 3 < bytes.len; i++)
    if (memcmp(bytes.data + i, "\x02\x02\x12\x34", 4) == 0) {
      bytes.data[i + 2] = 0x7F; /* another count: the password fits no more */
      changed++;
    }
  assert_int_equal(changed, 2); /* of the key and of the MAC */
  assert_int_equal(rh_pkcs12_read(&got, bytes.data, bytes.len, "secret", "f", &error),
                   RH_ERR_SEALED);
  rh_buffer_dispose(&bytes);
  rh_pkcs12_dispose(&got);
  how.rounds = RH_PKCS12_ROUNDS_LIMIT / 2 + 1; /* each is allowed, together they are not */
  how.key_pbe = -1;
  bytes = pack(&one, how);
  assert_int_equal(rh_pkcs12_read(&got, bytes.data, bytes.len, "secret", "f", &error), RH_OK);
  rh_buffer_dispose(&bytes);
  rh_pkcs12_dispose(&got);
  how.key_pbe = TRIPLE_DES;
  assert_int_equal(open_packed(&one, how, "secret", &error), RH_ERR_LIMIT);
  assert_int_equal(rh_buffer_append_zero(&bytes, RH_PKCS12_FILE_LIMIT + 1, NULL), RH_OK);
  assert_int_equal(rh_pkcs12_read(&got, bytes.data, bytes.len, "", "f", &error), RH_ERR_LIMIT);
  assert_int_equal(rh_pkcs12_read(&got, bytes.data, bytes.len - 1, "", "f", &error), RH_ERR_FORMAT);
  rh_pkcs12_dispose(&got);
  rh_buffer_dispose(&bytes);
  unmake(&one);
}

/* Whatever happened to a file on its way: a clear error, or what was packed. */
static void test_cut_and_altered_at_every_byte(void **state) {
  (void)state;
  made one = make((recipe){.name = "one"});
  const packing ways[] = {
      {.password = "secret", .key_pbe = TRIPLE_DES, .certificate_pbe = RC2_40},
      {.password = "secret", .key_pbe = NID_aes_256_cbc, .certificate_pbe = -1, .no_mac = true}};
  for (size_t w = 0; w < 2; w++) {
    rh_buffer bytes = pack(&one, ways[w]);
    for (size_t len = 0; len < bytes.len; len++) {
      rh_pkcs12 got = {0};
      rh_error error = {0};
      unsigned char *exact = (unsigned char *)rh_copy_bytes(bytes.data, len);
      assert_int_equal(rh_pkcs12_read(&got, exact, len, "secret", "cut.pfx", &error),
                       RH_ERR_FORMAT);
      assert_string_not_equal(error.hint, "");
      rh_pkcs12_dispose(&got);
      rh_free(exact);
    }
    for (size_t i = 0; i < bytes.len; i++) {
      rh_pkcs12 got = {0};
      rh_error error = {0};
      bytes.data[i] ^= 0x11;
      rh_status status = rh_pkcs12_read(&got, bytes.data, bytes.len, "secret", "bad.pfx", &error);
      /* Without a MAC a byte of the certificate's own text may change. */
      if (status == RH_OK && !ways[w].no_mac)
        assert_string_equal(got.certificate->sha256, one.certificate->sha256);
      if (status != RH_OK)
        assert_string_equal(error.object, "bad.pfx");
      bytes.data[i] ^= 0x11;
      rh_pkcs12_dispose(&got);
    }
    assert_int_equal(rh_buffer_append(&bytes, "", 1, NULL), RH_OK);
    rh_pkcs12 got = {0};
    assert_int_equal(rh_pkcs12_read(&got, bytes.data, bytes.len, "secret", "long.pfx", NULL),
                     RH_ERR_FORMAT);
    rh_pkcs12_dispose(&got);
    rh_buffer_dispose(&bytes);
  }
  unmake(&one);
}

static void test_without_memory(void **state) {
  (void)state;
  made one = make((recipe){.name = "one"});
  rh_buffer bytes = pack(&one, (packing){.password = "s", .key_pbe = -1, .certificate_pbe = -1});
  rh_status status = RH_ERR_MEMORY;
  for (unsigned long at = 1; status != RH_OK; at++) {
    rh_pkcs12 got = {0};
    rh_memory_fail_at(at);
    status = rh_pkcs12_read(&got, bytes.data, bytes.len, "s", "f", NULL);
    rh_memory_fail_at(0);
    assert_true(status == RH_OK || status == RH_ERR_MEMORY);
    rh_pkcs12_dispose(&got);
    assert_true(at < 100);
  }
  rh_buffer_dispose(&bytes);
  unmake(&one);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_real_files),     cmocka_unit_test(test_algorithms_and_passwords),
      cmocka_unit_test(test_without_a_mac),  cmocka_unit_test(test_what_is_missing_or_too_much),
      cmocka_unit_test(test_limits),         cmocka_unit_test(test_cut_and_altered_at_every_byte),
      cmocka_unit_test(test_without_memory),
  };
  context = OSSL_LIB_CTX_new();
  OSSL_PROVIDER *standard = OSSL_PROVIDER_load(context, "default");
  OSSL_PROVIDER *legacy = OSSL_PROVIDER_load(context, "legacy");
  if (!legacy)
    puts("skipped: OpenSSL has no legacy provider");
  int failed = legacy ? cmocka_run_group_tests(tests, NULL, NULL) : 77;
  OSSL_PROVIDER_unload(legacy);
  OSSL_PROVIDER_unload(standard);
  OSSL_LIB_CTX_free(context);
  return failed;
}
