/* The accounts of a machine, and the keys that hold their secrets. */
#include "machine/internal.h"

rh_status rh_machine_accounts(rh_machine *machine, const rh_account_list **out, rh_error *error) {
  rh_registry *sam = NULL;
  *out = NULL;
  if (machine->base)
    return rh_machine_accounts(machine->base, out, error);
  if (!machine->accounts_known) {
    rh_status status = rh_machine_hive(machine, "SAM", &sam, error);
    if (status == RH_OK)
      status = rh_account_list_read(&machine->accounts, sam, error);
    if (status != RH_OK && status != RH_ERR_NOT_FOUND)
      return status;
    machine->accounts_known = true;
  }
  *out = &machine->accounts;
  return RH_OK;
}

bool rh_machine_is_private_key(const char *full_path) {
  size_t hive = 0;
  const char *rest = NULL;
  return machine_split_path(full_path, &hive, &rest, NULL) == RH_OK &&
         (hive == MACHINE_SAM || hive == MACHINE_SECURITY);
}
