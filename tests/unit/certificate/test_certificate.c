/* Certificates: every field, what is no certificate, store keys, real stores. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate/make_certificate.h"
#include "certificate/sample_blob.h"
#include "data_file.h"
#include "registry/hive/hive.h"

static void test_der_fields(void **state) {
  (void)state;
  rh_buffer der = sample();
  rh_certificate *c = NULL;
  assert_int_equal(rh_certificate_read_der(&c, der.data, der.len, "sample", NULL), RH_OK);
  assert_string_equal(c->thumbprint, sample_sha1);
  assert_string_equal(c->sha256, sample_sha256);
  assert_string_equal(c->subject, "CN=vpn.example.test,O=Závod\\, s.r.o.,C=CZ");
  assert_string_equal(c->issuer, c->subject);
  assert_string_equal(c->serial, "A1B2C3D4E5");
  assert_int_equal(c->not_before, 1795352719);
  assert_int_equal(c->not_after, 2110712719);
  assert_int_equal(c->dns_name_count, 2); /* the IP address is none */
  assert_string_equal(c->dns_names[0], "vpn.example.test");
  assert_string_equal(c->dns_names[1], "*.example.test");
  assert_int_equal(c->usage_count, 2);
  assert_string_equal(c->usages[0], "1.3.6.1.5.5.7.3.1");
  assert_string_equal(c->usages[1], "1.3.6.1.5.5.8.2.2");
  assert_false(c->any_usage);
  assert_true(c->self_signed);
  assert_false(c->is_authority);
  assert_false(c->has_private_key);
  assert_false(c->archived);
  assert_null(c->friendly_name);
  assert_string_equal(c->key_algorithm, "EC");
  assert_int_equal(c->key_bits, 256);
  assert_int_equal(c->der_len, der.len);
  assert_memory_equal(c->der, der.data, der.len);
  rh_certificate_free(c);
  rh_certificate_free(NULL);
  rh_buffer_dispose(&der);
}

static void test_made_fields(void **state) {
  (void)state;
  made root = make((recipe){.name = "Root", .rsa = true, .from_days = -40000, .to_days = 40000});
  made leaf = make((recipe){.name = "Leaf", .issuer = &root, .alt_name = "DNS:a.test"});
  assert_true(root.certificate->any_usage);
  assert_true(root.certificate->is_authority);
  assert_true(root.certificate->self_signed);
  assert_string_equal(root.certificate->key_algorithm, "RSA");
  assert_int_equal(root.certificate->key_bits, 1024);
  assert_int_equal(root.certificate->dns_name_count, 0);
  /* 1910 and 2129: beyond what 32 bits hold */
  assert_int_equal(root.certificate->not_before, TEST_NOW - 40000LL * TEST_DAY);
  assert_int_equal(root.certificate->not_after, TEST_NOW + 40000LL * TEST_DAY);
  assert_false(leaf.certificate->self_signed);
  assert_string_equal(leaf.certificate->issuer, "CN=Root");
  unmake(&root);
  unmake(&leaf);
}

static void test_der_is_whole(void **state) {
  (void)state;
  rh_buffer der = sample();
  rh_certificate *c = NULL;
  rh_error error;
  for (size_t len = 0; len < der.len; len++)
    assert_int_equal(rh_certificate_read_der(&c, der.data, len, "cut", &error), RH_ERR_FORMAT);
  rh_buffer_append(&der, "x", 1, NULL);
  assert_int_equal(rh_certificate_read_der(&c, der.data, der.len, "long", &error), RH_ERR_FORMAT);
  assert_non_null(strstr(error.message, "1 bytes follow"));
  assert_null(c);
  rh_buffer_dispose(&der);
}

typedef struct told {
  size_t count;
  rh_error last;
} told;

static void on_damage(void *payload, const rh_error *damage) {
  told *out = payload;
  out->count++;
  out->last = *damage;
}

static void set_blob(rh_registry *registry, const char *path, const rh_buffer *blob) {
  rh_key root, key;
  assert_int_equal(rh_registry_root(registry, &root, NULL), RH_OK);
  assert_int_equal(rh_registry_create_path(registry, root, path, &key, NULL), RH_OK);
  if (blob)
    assert_int_equal(
        rh_registry_set_value(registry, key, "Blob", 4, RH_REG_BINARY, blob->data, blob->len, NULL),
        RH_OK);
}

/* A store of four entries, one of which is good. */
static rh_hive *make_store(void) {
  rh_hive *hive = NULL;
  rh_hive_options options = {.root_name = "SOFTWARE"};
  assert_int_equal(rh_hive_create(&hive, &options, NULL), RH_OK);
  rh_registry *registry = rh_hive_registry(hive);
  rh_buffer blob = full_blob(), cut = full_blob();
  cut.len -= 1;
  set_blob(registry, "Store\\Certificates\\4aaaf02d1f82d5e61329792b291fb22d6cbd1eaf", &blob);
  set_blob(registry, "Store\\Certificates\\0000000000000000000000000000000000000001", &blob);
  set_blob(registry, "Store\\Certificates\\0000000000000000000000000000000000000002", &cut);
  set_blob(registry, "Store\\Certificates\\0000000000000000000000000000000000000003", NULL);
  set_blob(registry, "Bare", NULL);
  rh_buffer_dispose(&blob);
  rh_buffer_dispose(&cut);
  return hive;
}

static void test_list(void **state) {
  (void)state;
  rh_hive *hive = make_store();
  rh_registry *registry = rh_hive_registry(hive);
  rh_certificate_list list;
  told damage = {0};
  assert_int_equal(rh_certificate_list_read(&list, registry, "Store", on_damage, &damage, NULL),
                   RH_OK);
  assert_int_equal(list.count, 1);
  assert_string_equal(list.items[0]->thumbprint, sample_sha1);
  assert_int_equal(damage.count, 3);
  assert_int_equal(damage.last.code, RH_ERR_FORMAT);
  assert_non_null(strstr(damage.last.object, "Store\\Certificates\\0000"));
  rh_certificate_list_dispose(&list);
  assert_int_equal(rh_certificate_list_read(&list, registry, "Store", NULL, NULL, NULL), RH_OK);
  assert_int_equal(list.count, 1);
  rh_certificate_list_dispose(&list);
  assert_int_equal(rh_certificate_list_read(&list, registry, "Bare", NULL, NULL, NULL), RH_OK);
  assert_int_equal(list.count, 0);
  assert_int_equal(rh_certificate_list_read(&list, registry, "None\\Such", NULL, NULL, NULL),
                   RH_OK);
  assert_int_equal(list.count, 0);
  rh_hive_free(hive);
}

static void test_list_without_memory(void **state) {
  (void)state;
  rh_hive *hive = make_store();
  rh_status status = RH_ERR_MEMORY;
  unsigned long n = 0;
  while (status == RH_ERR_MEMORY) {
    rh_certificate_list list;
    rh_memory_fail_at(++n);
    status = rh_certificate_list_read(&list, rh_hive_registry(hive), "Store", NULL, NULL, NULL);
    rh_memory_fail_at(0);
    assert_int_equal(list.count, status == RH_OK ? 1 : 0);
    rh_certificate_list_dispose(&list);
  }
  assert_int_equal(status, RH_OK);
  assert_true(n > 15);
  rh_hive_free(hive);
}

static void test_real_der(void **state) {
  (void)state;
  rh_buffer der = {0};
  rh_certificate *c = NULL;
  if (!read_data_file(&der, "certs/My.cer"))
    skip();
  assert_int_equal(rh_certificate_read_der(&c, der.data, der.len, "My.cer", NULL), RH_OK);
  assert_string_equal(c->thumbprint, "71CB4E2B02738AD44F8B382C93BD17BA665F9914");
  assert_string_equal(c->subject, "CN=MyName");
  assert_int_equal(c->not_before, 1270108800);
  rh_certificate_free(c);
  rh_buffer_dispose(&der);
}

static void print_damage(void *payload, const rh_error *damage) {
  (*(size_t *)payload)++;
  printf("%s: %s\n", damage->object, damage->message);
}

/* All stores of a real machine: 179 blobs, each under its own thumbprint. */
static void test_real_stores(void **state) {
  (void)state;
  static const struct {
    const char *store;
    size_t count;
  } stores[] = {{"AuthRoot", 106}, {"CA", 13}, {"Disallowed", 55}, {"ROOT", 5}};
  rh_buffer bytes = {0};
  rh_hive *hive = NULL;
  char path[128];
  rh_certificate_list lists[4];
  size_t damaged = 0, trusted = 0, disallowed = 0;
  if (!read_data_file(&bytes, "hives/SOFTWARE_winxp-sp3_RAWR.xz"))
    skip();
  assert_int_equal(rh_hive_open_memory(&hive, bytes.data, bytes.len, "SOFTWARE", NULL), RH_OK);
  for (size_t i = 0; i < 4; i++) {
    snprintf(path, sizeof path, "Microsoft\\SystemCertificates\\%s", stores[i].store);
    assert_int_equal(rh_certificate_list_read(&lists[i], rh_hive_registry(hive), path, print_damage,
                                              &damaged, NULL),
                     RH_OK);
    assert_int_equal(lists[i].count, stores[i].count);
    for (size_t j = 0; j < lists[i].count; j++)
      assert_true(rh_utf8_is_valid(lists[i].items[j]->subject, strlen(lists[i].items[j]->subject)));
  }
  assert_int_equal(damaged, 0);
  rh_certificate_list roots[] = {lists[0], lists[3]};
  rh_chain_stores chain_stores = {roots, &lists[1], &lists[2], 2, 1, 1};
  for (size_t i = 0; i < lists[0].count; i++) {
    rh_chain chain;
    assert_int_equal(
        rh_chain_build(&chain, lists[0].items[i], &chain_stores, 1336000000 /* 2012-05 */, NULL),
        RH_OK);
    trusted += chain.result == RH_CHAIN_TRUSTED && chain.length == 1;
  }
  for (size_t i = 0; i < lists[2].count; i++) {
    rh_chain chain;
    assert_int_equal(rh_chain_build(&chain, lists[2].items[i], &chain_stores, 1336000000, NULL),
                     RH_OK);
    disallowed += chain.result == RH_CHAIN_DISALLOWED;
  }
  assert_int_equal(trusted, 72); /* the openssl program says: 34 had expired by then */
  assert_int_equal(disallowed, 55);
  for (size_t i = 0; i < 4; i++)
    rh_certificate_list_dispose(&lists[i]);
  rh_hive_free(hive);
  rh_buffer_dispose(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_der_fields),          cmocka_unit_test(test_made_fields),
      cmocka_unit_test(test_der_is_whole),        cmocka_unit_test(test_list),
      cmocka_unit_test(test_list_without_memory), cmocka_unit_test(test_real_der),
      cmocka_unit_test(test_real_stores),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
