/* The certificate stores of a machine, and chains by the stores of several machines.
 *
 * A root is trusted from the machine's own stores and from those of group policy and the
 * enterprise; "Disallowed" in any of them comes before all trust. */
#include "machine/internal.h"

#include <string.h>

static const char machine_stores[] = "Microsoft\\SystemCertificates";
static const char policy_stores[] = "Policies\\Microsoft\\SystemCertificates";
static const char enterprise_stores[] = "Microsoft\\EnterpriseCertificates";

/* A machine without SOFTWARE, or without the store, gives an empty list. */
static rh_status read_store(rh_certificate_list *out, rh_machine *machine, const char *root,
                            const char *store, rh_error *error) {
  rh_registry *software = NULL;
  rh_buffer path = {0};
  *out = (rh_certificate_list){0};
  rh_status status = rh_machine_hive(machine, "SOFTWARE", &software, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK)
    status = rh_buffer_printf(&path, error, "%s\\%s", root, store);
  if (status == RH_OK)
    status = rh_certificate_list_read(out, software, rh_buffer_text(&path), NULL, NULL, error);
  rh_buffer_dispose(&path);
  return status;
}

rh_status rh_machine_certificates(rh_machine *machine, const char *store, rh_certificate_list *out,
                                  rh_error *error) {
  *out = (rh_certificate_list){0};
  if (!store[0] || strchr(store, '\\'))
    return rh_error_set(error, RH_ERR_ARGUMENT, "certificate store", "\"%s\" is no name of one",
                        store);
  return read_store(out, machine, machine_stores, store, error);
}

/* What a store is for a chain. */
typedef struct trust_store {
  const char *root, *store;
} trust_store;
static const trust_store root_stores[] = {{machine_stores, "Root"},
                                          {machine_stores, "AuthRoot"},
                                          {policy_stores, "Root"},
                                          {enterprise_stores, "Root"}};
static const trust_store intermediate_stores[] = {
    {machine_stores, "CA"}, {policy_stores, "CA"}, {enterprise_stores, "CA"}};
static const trust_store disallowed_stores[] = {{machine_stores, "Disallowed"},
                                                {policy_stores, "Disallowed"},
                                                {enterprise_stores, "Disallowed"}};
#define COUNT(array) (sizeof(array) / sizeof *(array))

/* Reads each of the stores of each machine; the caller disposes of count * machine_count lists. */
static rh_status read_stores(rh_certificate_list **out, const trust_store *stores, size_t count,
                             rh_machine *const *machines, size_t machine_count, rh_error *error) {
  rh_status status = RH_OK;
  *out = rh_alloc_zero(count * machine_count, sizeof **out);
  if (!*out)
    return rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && i < count * machine_count; i++)
    status = read_store(&(*out)[i], machines[i / count], stores[i % count].root,
                        stores[i % count].store, error);
  return status;
}

static void dispose_lists(rh_certificate_list *lists, size_t count) {
  for (size_t i = 0; lists && i < count; i++)
    rh_certificate_list_dispose(&lists[i]);
  rh_free(lists);
}

rh_status rh_machine_chain(rh_chain *out, rh_machine *const *machines, size_t count,
                           const rh_certificate *certificate, int64_t time, rh_error *error) {
  rh_certificate_list *roots = NULL, *intermediates = NULL, *disallowed = NULL;
  rh_status status = read_stores(&roots, root_stores, COUNT(root_stores), machines, count, error);
  if (status == RH_OK)
    status = read_stores(&intermediates, intermediate_stores, COUNT(intermediate_stores), machines,
                         count, error);
  if (status == RH_OK)
    status = read_stores(&disallowed, disallowed_stores, COUNT(disallowed_stores), machines, count,
                         error);
  const rh_chain_stores stores = {.roots = roots,
                                  .intermediates = intermediates,
                                  .disallowed = disallowed,
                                  .root_lists = COUNT(root_stores) * count,
                                  .intermediate_lists = COUNT(intermediate_stores) * count,
                                  .disallowed_lists = COUNT(disallowed_stores) * count};
  if (status == RH_OK)
    status = rh_chain_build(out, certificate, &stores, time, error);
  dispose_lists(roots, COUNT(root_stores) * count);
  dispose_lists(intermediates, COUNT(intermediate_stores) * count);
  dispose_lists(disallowed, COUNT(disallowed_stores) * count);
  return status;
}
