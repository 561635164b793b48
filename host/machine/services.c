/* The services of a machine, as the service control manager keeps them in the registry. Values:
 * Microsoft, "CreateServiceW" and "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree". */
#include "machine/internal.h"

#include "base/reader.h"

#include <string.h>

#define SERVICES "Services"

void machine_services_dispose(rh_service_list *list) {
  for (size_t i = 0; i < list->count; i++) {
    rh_free(list->items[i].name);
    rh_free(list->items[i].title);
    rh_free(list->items[i].program);
    rh_free(list->items[i].account);
  }
  rh_free(list->items);
  *list = (rh_service_list){0};
}

static rh_status read_number(uint32_t *out, bool *found, rh_registry *system, rh_key key,
                             const char *name, rh_error *error) {
  rh_value value = {0};
  rh_status status = rh_registry_find_value(system, key, name, strlen(name), &value, error);
  *found = status == RH_OK && value.type == RH_REG_DWORD && value.len == 4;
  *out = *found ? rh_load_u32(value.data) : 0;
  rh_value_dispose(&value);
  return status == RH_ERR_NOT_FOUND ? RH_OK : status;
}

static rh_status read_texts(rh_service *service, rh_registry *system, const char *path,
                            rh_error *error) {
  rh_status status = machine_value_text(&service->title, system, path, "DisplayName", error);
  if (status == RH_OK)
    status = machine_value_text(&service->program, system, path, "ImagePath", error);
  if (status == RH_OK)
    status = machine_value_text(&service->account, system, path, "ObjectName", error);
  return status;
}

/* A key without a start type belongs to a program that keeps its settings here. */
static rh_status read_service(rh_service_list *list, rh_registry *system, rh_key key,
                              const rh_buffer *services, rh_error *error) {
  uint32_t start = 0, type = 0;
  bool is_service = false, has_type = false;
  rh_key_info info = {0};
  rh_buffer path = {0};
  rh_status status = read_number(&start, &is_service, system, key, "Start", error);
  if (status != RH_OK || !is_service)
    return status;
  status = read_number(&type, &has_type, system, key, "Type", error);
  if (status == RH_OK)
    status = rh_registry_read_key(system, key, &info, error);
  if (status == RH_OK)
    status = rh_buffer_printf(&path, error, "%s\\%.*s", rh_buffer_text(services),
                              (int)info.name_len, info.name);
  rh_service *items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (status == RH_OK && !items)
    status = rh_error_memory(error);
  if (items)
    list->items = items;
  if (status == RH_OK) {
    rh_service *service = &items[list->count++];
    *service = (rh_service){.start = start, .type = type};
    service->name = rh_copy_bytes(info.name, info.name_len);
    status = service->name ? read_texts(service, system, rh_buffer_text(&path), error)
                           : rh_error_memory(error);
  }
  rh_key_info_dispose(&info);
  rh_buffer_dispose(&path);
  return status;
}

static rh_status read_all(rh_service_list *list, rh_registry *system, const rh_buffer *services,
                          rh_error *error) {
  rh_key key = RH_KEY_NONE;
  rh_status status = rh_registry_root(system, &key, error);
  if (status == RH_OK)
    status = rh_registry_find_path(system, key, rh_buffer_text(services), &key, error);
  if (status != RH_OK)
    return status == RH_ERR_NOT_FOUND ? RH_OK : status;
  rh_cursor cursor = rh_registry_keys(system, key);
  while ((status = rh_cursor_next_key(&cursor, &key, error)) == RH_OK) {
    status = read_service(list, system, key, services, error);
    if (status != RH_OK)
      break;
  }
  return status == RH_END ? RH_OK : status;
}

rh_status rh_machine_services(rh_machine *machine, const rh_service_list **out, rh_error *error) {
  rh_registry *system = NULL;
  const char *control_set = NULL;
  rh_buffer services = {0};
  *out = NULL;
  if (machine->base)
    return rh_machine_services(machine->base, out, error);
  if (!machine->services_known) {
    rh_status status = rh_machine_hive(machine, machine_hive_names[MACHINE_SYSTEM], &system, error);
    if (status == RH_OK)
      status = machine_control_set(machine, &control_set, error);
    if (status == RH_OK)
      status = rh_buffer_printf(&services, error, "%s\\" SERVICES, control_set);
    if (status == RH_OK)
      status = read_all(&machine->services, system, &services, error);
    rh_buffer_dispose(&services);
    if (status != RH_OK) {
      machine_services_dispose(&machine->services);
      return status;
    }
    machine->services_known = true;
  }
  *out = &machine->services;
  return RH_OK;
}
