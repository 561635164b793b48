/* The accounts of a machine, and what of it is private. */
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

/* Hives lie in config, and older systems keep copies in repair. */
bool rh_machine_is_private_file(rh_machine *machine, const char *path) {
  static const char *const folders[] = {"System32/config", "repair"};
  rh_buffer asked = {0}, folder = {0};
  bool known = machine_path_normalise(&asked, machine, path, false, NULL) == RH_OK;
  bool is_private = false;
  for (size_t i = 0; known && !is_private && i < sizeof folders / sizeof *folders; i++) {
    rh_buffer_clear(&folder);
    known = rh_buffer_printf(&folder, NULL, "%s/%s", machine->windows, folders[i]) == RH_OK;
    is_private = known && machine_path_is_below(rh_buffer_text(&asked), rh_buffer_text(&folder));
  }
  rh_buffer_dispose(&asked);
  rh_buffer_dispose(&folder);
  return is_private;
}
