/* CurrentControlSet in a SYSTEM hive that no Windows runs from. */
#include "registry/control_set.h"

#include "base/reader.h"
#include "base/text.h"

#include <string.h>

static const char current_name[] = "CurrentControlSet";
#define CURRENT_LEN (sizeof current_name - 1)

rh_status rh_control_set_current(rh_buffer *out, rh_registry *system, rh_error *error) {
  rh_value value = {0};
  rh_status status = rh_registry_get(system, "Select", "Current", &value, error);
  uint32_t number = 0;
  if (status == RH_OK && value.type == RH_REG_DWORD && value.len == 4)
    number = rh_load_u32(value.data);
  rh_value_dispose(&value);
  if (status == RH_ERR_NOT_FOUND || (status == RH_OK && (number == 0 || number > 999))) {
    status = rh_error_set(error, RH_ERR_NOT_FOUND, system->label,
                          "no Select\\Current says which control set %s is", current_name);
    rh_error_hint(error,
                  "name it: --control-set ControlSet001; or write ControlSet001 in the path");
    return status;
  }
  return status == RH_OK ? rh_buffer_printf(out, error, "ControlSet%03u", (unsigned)number)
                         : status;
}

bool rh_control_set_is_current(const char *path, size_t len) {
  const char *end = memchr(path, '\\', len);
  size_t first = end ? (size_t)(end - path) : len;
  return rh_name_compare(path, first, current_name, CURRENT_LEN) == 0;
}

rh_status rh_control_set_resolve(rh_buffer *out, rh_registry *registry, const char *path,
                                 size_t len, const char *set, rh_error *error) {
  rh_status status = RH_OK;
  rh_buffer_clear(out);
  if (rh_control_set_is_current(path, len)) {
    status =
        set ? rh_buffer_append_text(out, set, error) : rh_control_set_current(out, registry, error);
    path += CURRENT_LEN;
    len -= CURRENT_LEN;
  }
  return status == RH_OK ? rh_buffer_append(out, path, len, error) : status;
}
