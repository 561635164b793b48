/* Chains from a certificate to a root, built from what the machine's stores hold.
 *
 * Every way up is tried until one is trusted; otherwise the most telling of the failures is
 * reported. Rules: RFC 5280 section 6.1 for names, signatures, validity and authorities; key
 * identifiers only decide which issuer is tried first. */
#include "certificate/certificate.h"

#include "base/table.h"
#include "certificate/x509.h"

#include <openssl/err.h>
#include <string.h>

enum {
  DEPTH_MAX = sizeof((rh_chain *)0)->thumbprints / sizeof *((rh_chain *)0)->thumbprints,
  /* Certificates that all vouch for one another have more ways up than can be walked. */
  VERIFICATIONS_MAX = 500
};

/* A certificate that may stand in a chain. */
typedef struct node {
  const rh_certificate *certificate; /* borrowed */
  X509 *x509;                        /* NULL until it is looked at */
  bool is_root;                      /* among the trusted roots */
  bool in_path;
} node;

typedef struct chain_search {
  node *nodes; /* the first is the certificate in question */
  size_t count, capacity;
  size_t path[DEPTH_MAX];
  size_t length;
  const rh_chain_stores *stores;
  int64_t time;
  unsigned verifications;
  rh_chain best;
  int best_rank; /* 0 = nothing found yet */
} chain_search;

static rh_status add_node(chain_search *search, const rh_certificate *certificate, bool is_root,
                          rh_error *error) {
  for (size_t i = 0; i < search->count; i++) {
    if (strcmp(search->nodes[i].certificate->sha256, certificate->sha256) == 0) {
      search->nodes[i].is_root |= is_root;
      return RH_OK;
    }
  }
  if (search->count == search->capacity) {
    size_t capacity = search->capacity * 2 + 16;
    node *nodes = rh_resize(search->nodes, capacity, sizeof *nodes);
    if (!nodes)
      return rh_error_memory(error);
    search->nodes = nodes;
    search->capacity = capacity;
  }
  search->nodes[search->count++] = (node){certificate, NULL, is_root, false};
  return RH_OK;
}

static rh_status add_lists(chain_search *search, const rh_certificate_list *lists, size_t count,
                           bool are_roots, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t i = 0; lists && i < count; i++)
    for (size_t j = 0; j < lists[i].count && status == RH_OK; j++)
      status = add_node(search, lists[i].items[j], are_roots, error);
  return status;
}

static bool is_disallowed(const rh_chain_stores *stores, const rh_certificate *certificate) {
  for (size_t i = 0; stores->disallowed && i < stores->disallowed_lists; i++)
    for (size_t j = 0; j < stores->disallowed[i].count; j++)
      if (strcmp(stores->disallowed[i].items[j]->sha256, certificate->sha256) == 0)
        return true;
  return false;
}

/* The more a result tells, the higher: a trusted chain ends the search, a disallowed certificate
 * outweighs what other failing ways say. */
static int rank_of(rh_chain_result result, bool complete) {
  static const int ranks[] = {
      [RH_CHAIN_INCOMPLETE] = 1, [RH_CHAIN_BAD_SIGNATURE] = 2, [RH_CHAIN_UNTRUSTED_ROOT] = 3,
      [RH_CHAIN_EXPIRED] = 4,    [RH_CHAIN_DISALLOWED] = 5,    [RH_CHAIN_TRUSTED] = 6};
  RH_TABLE_FITS(ranks, RH_CHAIN_DISALLOWED);
  return ranks[result] * 2 + complete;
}

/* Keeps the present path, whose end is judged as `end`, when it is better than the best so far. */
static void record_path(chain_search *search, rh_chain_result end) {
  rh_chain chain = {.result = end, .length = search->length};
  bool complete = end == RH_CHAIN_TRUSTED || end == RH_CHAIN_UNTRUSTED_ROOT;
  bool disallowed = false, expired = false;
  for (size_t i = 0; i < search->length; i++) {
    const rh_certificate *certificate = search->nodes[search->path[i]].certificate;
    memcpy(chain.thumbprints[i], certificate->thumbprint, sizeof chain.thumbprints[i]);
    disallowed |= is_disallowed(search->stores, certificate);
    expired |= search->time < certificate->not_before || search->time > certificate->not_after;
    if (complete && i + 1 == search->length)
      memcpy(chain.root_sha256, certificate->sha256, sizeof chain.root_sha256);
  }
  if (disallowed)
    chain.result = RH_CHAIN_DISALLOWED;
  else if (expired && end == RH_CHAIN_TRUSTED)
    chain.result = RH_CHAIN_EXPIRED;
  int rank = rank_of(chain.result, complete);
  if (rank > search->best_rank) {
    search->best_rank = rank;
    search->best = chain;
  }
}

/* How well the key identifiers fit: equal, one of them unknown, different. */
typedef enum key_match { KEY_EQUAL, KEY_UNKNOWN, KEY_DIFFERENT } key_match;

static key_match match_keys(X509 *subject, X509 *issuer) {
  const ASN1_OCTET_STRING *wanted = X509_get0_authority_key_id(subject);
  const ASN1_OCTET_STRING *given = X509_get0_subject_key_id(issuer);
  if (!wanted || !given)
    return KEY_UNKNOWN;
  return ASN1_OCTET_STRING_cmp(wanted, given) == 0 ? KEY_EQUAL : KEY_DIFFERENT;
}

static bool is_issuer_by_name(const node *subject, const node *issuer) {
  return strcmp(subject->certificate->issuer, issuer->certificate->subject) == 0;
}

/* Parses a node once; false when that fails. */
static bool open_node(node *opened) {
  const rh_certificate *certificate = opened->certificate;
  return opened->x509 || rh_x509_parse(&opened->x509, certificate->der, certificate->der_len,
                                       certificate->thumbprint, NULL) == RH_OK;
}

/* 1 verified, 0 wrong, <0 cannot be judged (an algorithm that OpenSSL no longer has). */
static int verify(chain_search *search, X509 *subject, X509 *issuer) {
  EVP_PKEY *key = X509_get0_pubkey(issuer);
  search->verifications++;
  return key ? X509_verify(subject, key) : -1;
}

static bool is_over(const chain_search *search) {
  return search->best.result == RH_CHAIN_TRUSTED && search->best_rank > 0;
}

static void extend_path(chain_search *search);

/* What trying one kind of issuer found. */
typedef struct issuers_found {
  bool verified; /* at least one vouches for the certificate */
  bool wrong;    /* one that should does not */
} issuers_found;

static void try_issuers(chain_search *search, const node *subject, key_match match,
                        issuers_found *found) {
  for (size_t i = 0; i < search->count && !is_over(search); i++) {
    node *issuer = &search->nodes[i];
    if (issuer->in_path || !is_issuer_by_name(subject, issuer) || !open_node(issuer) ||
        match_keys(subject->x509, issuer->x509) != match || X509_check_ca(issuer->x509) == 0)
      continue;
    if (search->verifications >= VERIFICATIONS_MAX)
      return;
    if (verify(search, subject->x509, issuer->x509) != 1) {
      found->wrong |= match != KEY_DIFFERENT;
      continue;
    }
    found->verified = true;
    search->path[search->length++] = i;
    issuer->in_path = true;
    extend_path(search);
    issuer->in_path = false;
    search->length--;
  }
}

static void extend_path(chain_search *search) {
  const node *last = &search->nodes[search->path[search->length - 1]];
  bool self_issued = is_issuer_by_name(last, last);
  if (last->is_root && self_issued) {
    /* In the list is trust enough: old roots carry signatures that nobody can check any more. */
    record_path(search, RH_CHAIN_TRUSTED);
    return;
  }
  issuers_found found = {0};
  for (key_match match = KEY_EQUAL; match <= KEY_DIFFERENT && search->length < DEPTH_MAX; match++)
    try_issuers(search, last, match, &found);
  if (self_issued && !is_over(search)) {
    int own = verify(search, last->x509, last->x509);
    if (own == 1 || (own < 0 && !found.verified)) {
      record_path(search, RH_CHAIN_UNTRUSTED_ROOT);
      return;
    }
    found.wrong |= match_keys(last->x509, last->x509) != KEY_DIFFERENT;
  }
  if (!found.verified)
    record_path(search, found.wrong ? RH_CHAIN_BAD_SIGNATURE : RH_CHAIN_INCOMPLETE);
}

rh_status rh_chain_build(rh_chain *out, const rh_certificate *certificate,
                         const rh_chain_stores *stores, int64_t time, rh_error *error) {
  *out = (rh_chain){.result = RH_CHAIN_INCOMPLETE};
  chain_search search = {.stores = stores, .time = time};
  ERR_set_mark();
  rh_status status = add_node(&search, certificate, false, error);
  if (status == RH_OK)
    status = add_lists(&search, stores->roots, stores->root_lists, true, error);
  if (status == RH_OK)
    status = add_lists(&search, stores->intermediates, stores->intermediate_lists, false, error);
  if (status == RH_OK)
    status = rh_x509_parse(&search.nodes[0].x509, certificate->der, certificate->der_len,
                           certificate->thumbprint, error);
  if (status == RH_OK) {
    search.length = 1; /* path[0] is node 0 */
    search.nodes[0].in_path = true;
    extend_path(&search);
    *out = search.best;
  }
  for (size_t i = 0; i < search.count; i++)
    X509_free(search.nodes[i].x509);
  rh_free(search.nodes);
  ERR_pop_to_mark();
  return status;
}

const char *rh_chain_result_name(rh_chain_result result) {
  switch (result) {
  case RH_CHAIN_TRUSTED:
    return "trusted";
  case RH_CHAIN_UNTRUSTED_ROOT:
    return "untrusted-root";
  case RH_CHAIN_INCOMPLETE:
    return "incomplete";
  case RH_CHAIN_BAD_SIGNATURE:
    return "bad-signature";
  case RH_CHAIN_EXPIRED:
    return "expired";
  case RH_CHAIN_DISALLOWED:
    return "disallowed";
  }
  return "unknown";
}
