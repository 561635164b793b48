/* Chains: what is trusted, what is not and why, on certificates made here and on real ones. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "certificate/make_certificate.h"
#include "data_file.h"

#include <openssl/pkcs7.h>

/* Up to four borrowed certificates as a list. */
typedef struct few {
  rh_certificate *items[4];
  rh_certificate_list list;
} few;

static const rh_certificate_list *list_of(few *out, const made *a, const made *b, const made *c) {
  const made *all[] = {a, b, c};
  *out = (few){0};
  for (size_t i = 0; i < 3; i++)
    if (all[i])
      out->items[out->list.count++] = all[i]->certificate;
  out->list.items = out->items;
  return &out->list;
}

static rh_chain build(const made *leaf, const rh_certificate_list *roots,
                      const rh_certificate_list *intermediates,
                      const rh_certificate_list *disallowed) {
  rh_chain chain;
  rh_chain_stores stores = {roots,   intermediates,   disallowed,
                            !!roots, !!intermediates, !!disallowed};
  assert_int_equal(rh_chain_build(&chain, leaf->certificate, &stores, TEST_NOW, NULL), RH_OK);
  return chain;
}

typedef struct family {
  made root, middle, leaf, stranger;
  few roots, middles, strangers;
} family;

static family make_family(void) {
  family f = {0};
  f.root = make((recipe){.name = "Root"});
  f.middle = make((recipe){.name = "Middle", .issuer = &f.root});
  f.leaf = make((recipe){.name = "Leaf", .issuer = &f.middle, .no_authority = true});
  f.stranger = make((recipe){.name = "Stranger"});
  return f;
}

static void free_family(family *f) {
  unmake(&f->root);
  unmake(&f->middle);
  unmake(&f->leaf);
  unmake(&f->stranger);
}

static void test_trusted(void **state) {
  (void)state;
  family f = make_family();
  rh_chain chain = build(&f.leaf, list_of(&f.roots, &f.stranger, &f.root, NULL),
                         list_of(&f.middles, &f.stranger, &f.middle, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_int_equal(chain.length, 3);
  assert_string_equal(chain.thumbprints[0], f.leaf.certificate->thumbprint);
  assert_string_equal(chain.thumbprints[1], f.middle.certificate->thumbprint);
  assert_string_equal(chain.thumbprints[2], f.root.certificate->thumbprint);
  assert_string_equal(chain.root_sha256, f.root.certificate->sha256);
  free_family(&f);
}

static void test_several_lists(void **state) {
  (void)state;
  family f = make_family();
  few other;
  rh_certificate_list roots[2] = {*list_of(&other, &f.stranger, NULL, NULL),
                                  *list_of(&f.roots, &f.root, NULL, NULL)};
  rh_certificate_list middles[2] = {{0}, *list_of(&f.middles, &f.middle, NULL, NULL)};
  rh_chain_stores stores = {roots, middles, NULL, 2, 2, 0};
  rh_chain chain;
  assert_int_equal(rh_chain_build(&chain, f.leaf.certificate, &stores, TEST_NOW, NULL), RH_OK);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  stores.root_lists = 1;
  assert_int_equal(rh_chain_build(&chain, f.leaf.certificate, &stores, TEST_NOW, NULL), RH_OK);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  free_family(&f);
}

static void test_wrong_root(void **state) {
  (void)state;
  family f = make_family();
  few both;
  rh_chain chain = build(&f.leaf, list_of(&f.roots, &f.stranger, NULL, NULL),
                         list_of(&both, &f.middle, &f.root, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_UNTRUSTED_ROOT);
  assert_string_equal(chain.root_sha256, f.root.certificate->sha256);
  chain = build(&f.leaf, list_of(&f.roots, &f.stranger, NULL, NULL),
                list_of(&f.middles, &f.middle, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  assert_int_equal(chain.length, 2);
  assert_string_equal(chain.root_sha256, "");
  chain = build(&f.leaf, NULL, NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  assert_int_equal(chain.length, 1);
  free_family(&f);
}

/* A root of the same name with another key: the name alone must not make it the root. */
static void test_same_name_other_key(void **state) {
  (void)state;
  family f = make_family();
  made twin = make((recipe){.name = "Root"});
  made bare_root = make((recipe){.name = "Bare", .no_key_ids = true});
  made bare_twin = make((recipe){.name = "Bare", .no_key_ids = true});
  made bare_leaf = make((recipe){.name = "Leaf", .issuer = &bare_root, .no_key_ids = true});
  rh_chain chain = build(&f.leaf, list_of(&f.roots, &twin, NULL, NULL),
                         list_of(&f.middles, &f.middle, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE); /* the key ids say that it is another */
  chain = build(&f.leaf, list_of(&f.roots, &twin, &f.root, NULL),
                list_of(&f.middles, &f.middle, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_string_equal(chain.root_sha256, f.root.certificate->sha256);
  chain = build(&bare_leaf, list_of(&f.roots, &bare_twin, NULL, NULL), NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_BAD_SIGNATURE);
  chain = build(&bare_leaf, list_of(&f.roots, &bare_twin, &bare_root, NULL), NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  unmake(&twin);
  unmake(&bare_root);
  unmake(&bare_twin);
  unmake(&bare_leaf);
  free_family(&f);
}

static void test_bad_signature(void **state) {
  (void)state;
  family f = make_family();
  rh_certificate *leaf = f.leaf.certificate;
  leaf->der[leaf->der_len - 1] ^= 1; /* the last byte is in the signature */
  rh_chain chain = build(&f.leaf, list_of(&f.roots, &f.root, NULL, NULL),
                         list_of(&f.middles, &f.middle, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_BAD_SIGNATURE);
  assert_string_equal(chain.root_sha256, "");
  free_family(&f);
}

static void test_self_signed(void **state) {
  (void)state;
  made own = make((recipe){.name = "Own", .no_authority = true});
  few list;
  rh_chain chain = build(&own, NULL, NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_UNTRUSTED_ROOT);
  assert_string_equal(chain.root_sha256, own.certificate->sha256);
  chain = build(&own, list_of(&list, &own, NULL, NULL), NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_int_equal(chain.length, 1);
  /* Its own name, but signed by nobody who is known. */
  own.certificate->der[own.certificate->der_len - 1] ^= 1;
  chain = build(&own, NULL, NULL, NULL);
  assert_int_equal(chain.result, RH_CHAIN_BAD_SIGNATURE);
  unmake(&own);
}

static void test_validity(void **state) {
  (void)state;
  made root = make((recipe){.name = "Root"});
  made old = make((recipe){.name = "M", .issuer = &root, .from_days = -20, .to_days = -1});
  made young = make((recipe){.name = "M", .issuer = &root, .same_key = &old});
  made leaf = make((recipe){.name = "Leaf", .issuer = &old, .no_authority = true});
  made early = make((recipe){.name = "E", .issuer = &root, .from_days = 1, .to_days = 20});
  few roots, middles;
  list_of(&roots, &root, NULL, NULL);
  rh_chain chain = build(&leaf, &roots.list, list_of(&middles, &old, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_EXPIRED);
  assert_string_equal(chain.root_sha256, root.certificate->sha256);
  assert_int_equal(build(&early, &roots.list, NULL, NULL).result, RH_CHAIN_EXPIRED);
  /* The renewed issuer of the same key is found although the old one comes first. */
  chain = build(&leaf, &roots.list, list_of(&middles, &old, &young, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_string_equal(chain.thumbprints[1], young.certificate->thumbprint);
  /* The bounds themselves belong to the validity. */
  rh_chain_stores stores = {&roots.list, &middles.list, NULL, 1, 1, 0};
  list_of(&middles, &old, NULL, NULL);
  int64_t edges[] = {old.certificate->not_before, old.certificate->not_after};
  for (size_t i = 0; i < 2; i++) {
    assert_int_equal(rh_chain_build(&chain, leaf.certificate, &stores, edges[i], NULL), RH_OK);
    assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
    int64_t outside = edges[i] + (i == 0 ? -1 : 1);
    assert_int_equal(rh_chain_build(&chain, leaf.certificate, &stores, outside, NULL), RH_OK);
    assert_int_equal(chain.result, RH_CHAIN_EXPIRED);
  }
  unmake(&root);
  unmake(&old);
  unmake(&young);
  unmake(&leaf);
  unmake(&early);
}

static void test_disallowed(void **state) {
  (void)state;
  family f = make_family();
  few bad;
  const made *each[] = {&f.leaf, &f.middle, &f.root};
  list_of(&f.roots, &f.root, NULL, NULL);
  list_of(&f.middles, &f.middle, NULL, NULL);
  for (size_t i = 0; i < 3; i++) {
    rh_chain chain =
        build(&f.leaf, &f.roots.list, &f.middles.list, list_of(&bad, each[i], NULL, NULL));
    assert_int_equal(chain.result, RH_CHAIN_DISALLOWED);
    assert_string_equal(chain.root_sha256, f.root.certificate->sha256);
  }
  /* Also where the chain would fail for another reason. */
  assert_int_equal(build(&f.leaf, NULL, NULL, list_of(&bad, &f.leaf, NULL, NULL)).result,
                   RH_CHAIN_DISALLOWED);
  assert_int_equal(
      build(&f.leaf, &f.roots.list, &f.middles.list, list_of(&bad, &f.stranger, NULL, NULL)).result,
      RH_CHAIN_TRUSTED);
  free_family(&f);
}

/* Two authorities that certify each other, without and with a root behind one of them. */
static void test_cross_signed_loop(void **state) {
  (void)state;
  made a = make((recipe){.name = "A"});
  made b = make((recipe){.name = "B"});
  made a_by_b = make((recipe){.name = "A", .issuer = &b, .same_key = &a});
  made b_by_a = make((recipe){.name = "B", .issuer = &a, .same_key = &b});
  made leaf = make((recipe){.name = "Leaf", .issuer = &a, .no_authority = true});
  few roots, middles;
  list_of(&middles, &a_by_b, &b_by_a, NULL);
  rh_chain chain = build(&leaf, NULL, &middles.list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  assert_int_equal(chain.length, 3);
  chain = build(&leaf, list_of(&roots, &b, NULL, NULL), &middles.list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_string_equal(chain.root_sha256, b.certificate->sha256);
  chain = build(&leaf, list_of(&roots, &a, NULL, NULL), &middles.list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_int_equal(chain.length, 2);
  unmake(&a);
  unmake(&b);
  unmake(&a_by_b);
  unmake(&b_by_a);
  unmake(&leaf);
}

/* One name and key, many certificates: each vouches for each, and the search still ends. */
static void test_clique(void **state) {
  (void)state;
  made all[40] = {0};
  rh_certificate *items[40];
  made other = make((recipe){.name = "Clique"});
  for (size_t i = 0; i < 40; i++) {
    all[i] = make((recipe){.name = "Clique",
                           .issuer = i ? &all[0] : NULL,
                           .same_key = i ? &all[0] : NULL,
                           .no_key_ids = true});
    items[i] = all[i].certificate;
  }
  few roots;
  rh_certificate_list list = {items, 40};
  rh_chain chain = build(&all[1], list_of(&roots, &other, NULL, NULL), &list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_UNTRUSTED_ROOT);
  assert_in_range(chain.length, 1, 10);
  for (size_t i = 0; i < 40; i++)
    unmake(&all[i]);
  unmake(&other);
}

static void test_depth(void **state) {
  (void)state;
  made all[11] = {0};
  char name[16];
  rh_certificate *items[11];
  for (size_t i = 0; i < 11; i++) {
    snprintf(name, sizeof name, "Level %zu", i);
    all[i] = make((recipe){.name = name, .issuer = i ? &all[i - 1] : NULL});
    items[i] = all[i].certificate;
  }
  few roots;
  rh_certificate_list list = {items, 11};
  list_of(&roots, &all[0], NULL, NULL);
  rh_chain chain = build(&all[9], &roots.list, &list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_int_equal(chain.length, 10);
  chain = build(&all[10], &roots.list, &list, NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  assert_int_equal(chain.length, 10);
  for (size_t i = 0; i < 11; i++)
    unmake(&all[i]);
}

/* Whoever is no authority may sign, but it counts for nothing. */
static void test_issuer_must_be_authority(void **state) {
  (void)state;
  made root = make((recipe){.name = "Root"});
  made server = make((recipe){.name = "Server", .issuer = &root, .no_authority = true});
  made forged = make((recipe){.name = "Bank", .issuer = &server, .no_authority = true});
  few roots, middles;
  rh_chain chain = build(&forged, list_of(&roots, &root, NULL, NULL),
                         list_of(&middles, &server, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  unmake(&root);
  unmake(&server);
  unmake(&forged);
}

static void test_old_algorithms(void **state) {
  (void)state;
  made root = make((recipe){.name = "Root", .rsa = true, .digest = EVP_md5()});
  made middle = make((recipe){.name = "M", .issuer = &root, .rsa = true, .digest = EVP_md5()});
  made leaf = make((recipe){.name = "L", .issuer = &middle, .rsa = true, .digest = EVP_sha1()});
  few roots, middles;
  rh_chain chain = build(&leaf, list_of(&roots, &root, NULL, NULL),
                         list_of(&middles, &middle, NULL, NULL), NULL);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_true(root.certificate->self_signed);
  unmake(&root);
  unmake(&middle);
  unmake(&leaf);
}

static void test_without_memory(void **state) {
  (void)state;
  family f = make_family();
  list_of(&f.roots, &f.root, NULL, NULL);
  list_of(&f.middles, &f.middle, NULL, NULL);
  rh_chain_stores stores = {&f.roots.list, &f.middles.list, NULL, 1, 1, 0};
  rh_chain chain;
  rh_memory_fail_at(1);
  rh_status status = rh_chain_build(&chain, f.leaf.certificate, &stores, TEST_NOW, NULL);
  rh_memory_fail_at(0);
  assert_int_equal(status, RH_ERR_MEMORY);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  free_family(&f);
}

static void test_names(void **state) {
  (void)state;
  assert_string_equal(rh_chain_result_name(RH_CHAIN_TRUSTED), "trusted");
  assert_string_equal(rh_chain_result_name(RH_CHAIN_UNTRUSTED_ROOT), "untrusted-root");
  assert_string_equal(rh_chain_result_name(RH_CHAIN_INCOMPLETE), "incomplete");
  assert_string_equal(rh_chain_result_name(RH_CHAIN_BAD_SIGNATURE), "bad-signature");
  assert_string_equal(rh_chain_result_name(RH_CHAIN_EXPIRED), "expired");
  assert_string_equal(rh_chain_result_name(RH_CHAIN_DISALLOWED), "disallowed");
}

/* A chain of three that a Windows authority issued, SHA-1 all the way. */
static void test_real_chain(void **state) {
  (void)state;
  rh_buffer bytes = {0};
  if (!read_data_file(&bytes, "certs/certchain.p7b"))
    skip();
  const unsigned char *position = bytes.data;
  PKCS7 *envelope = d2i_PKCS7(NULL, &position, (long)bytes.len);
  assert_non_null(envelope);
  STACK_OF(X509) *stack = envelope->d.sign->cert;
  rh_certificate *items[3];
  assert_int_equal(sk_X509_num(stack), 3);
  for (int i = 0; i < 3; i++) {
    unsigned char *der = NULL;
    int len = i2d_X509(sk_X509_value(stack, i), &der);
    assert_int_equal(rh_certificate_read_der(&items[i], der, (size_t)len, "chain", NULL), RH_OK);
    OPENSSL_free(der);
  }
  /* In the file's order: the server's, the root's, the authority's between them. */
  rh_certificate_list roots = {&items[1], 1}, middles = {&items[2], 1};
  rh_chain_stores stores = {&roots, &middles, NULL, 1, 1, 0};
  rh_chain chain;
  assert_int_equal(rh_chain_build(&chain, items[0], &stores, TEST_NOW, NULL), RH_OK);
  assert_int_equal(chain.result, RH_CHAIN_TRUSTED);
  assert_int_equal(chain.length, 3);
  assert_string_equal(chain.thumbprints[0], "DAF5ACD663545F1EBB4622BCE2FC306B73CCB9C8");
  stores.root_lists = 0;
  assert_int_equal(rh_chain_build(&chain, items[0], &stores, TEST_NOW, NULL), RH_OK);
  assert_int_equal(chain.result, RH_CHAIN_INCOMPLETE);
  for (size_t i = 0; i < 3; i++)
    rh_certificate_free(items[i]);
  PKCS7_free(envelope);
  rh_buffer_dispose(&bytes);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_trusted),
      cmocka_unit_test(test_several_lists),
      cmocka_unit_test(test_wrong_root),
      cmocka_unit_test(test_same_name_other_key),
      cmocka_unit_test(test_bad_signature),
      cmocka_unit_test(test_self_signed),
      cmocka_unit_test(test_validity),
      cmocka_unit_test(test_disallowed),
      cmocka_unit_test(test_cross_signed_loop),
      cmocka_unit_test(test_clique),
      cmocka_unit_test(test_depth),
      cmocka_unit_test(test_issuer_must_be_authority),
      cmocka_unit_test(test_old_algorithms),
      cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_names),
      cmocka_unit_test(test_real_chain),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
