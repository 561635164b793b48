/* CurrentControlSet in a SYSTEM hive that no Windows runs from.
 *
 * It is a link that only a running Windows has; the hive holds ControlSet001 and so on, and says in
 * Select\Current which of them it is (general knowledge). A key of that name in a hive has no
 * effect. */
#ifndef RH_REGISTRY_CONTROL_SET_H
#define RH_REGISTRY_CONTROL_SET_H

#include "registry/registry.h"

/* Appends "ControlSet001". RH_ERR_NOT_FOUND, with the option to give, where Select\Current does not
 * say. */
rh_status rh_control_set_current(rh_buffer *out, rh_registry *system, rh_error *error);

/* Does a path from the root begin with CurrentControlSet? */
bool rh_control_set_is_current(const char *path, size_t len);

/* Puts path, from the registry's root on, into out (cleared first), with the control set in the
 * place of CurrentControlSet: set, or what rh_control_set_current gives when it is NULL. */
rh_status rh_control_set_resolve(rh_buffer *out, rh_registry *registry, const char *path,
                                 size_t len, const char *set, rh_error *error);

#endif
