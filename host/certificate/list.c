/* The certificates of one store key. */
#include "certificate/certificate.h"

#include "base/text.h"

#include <string.h>

/* What is told about entries that cannot be used. */
typedef struct damage_sink {
  void (*on_damage)(void *payload, const rh_error *damage);
  void *payload;
} damage_sink;

static rh_status append(rh_certificate_list *list, rh_certificate *certificate, rh_error *error) {
  rh_certificate **items = rh_resize(list->items, list->count + 1, sizeof *items);
  if (!items)
    return rh_error_memory(error);
  items[list->count++] = certificate;
  list->items = items;
  return RH_OK;
}

/* Reads the certificate of one key of the store. */
static rh_status read_entry(rh_certificate **out, rh_registry *registry, rh_key key,
                            const char *store_path, rh_error *error) {
  *out = NULL;
  rh_key_info info = {0};
  rh_value blob = {0};
  rh_buffer label = {0};
  rh_certificate *certificate = NULL;
  rh_status status = rh_registry_read_key(registry, key, &info, error);
  if (status != RH_OK)
    goto done;
  status = rh_buffer_printf(&label, error, "%s\\Certificates\\%.*s", store_path,
                            (int)(info.name_len < 255 ? info.name_len : 255), info.name);
  if (status != RH_OK)
    goto done;
  status = rh_registry_find_value(registry, key, "Blob", 4, &blob, error);
  if (status == RH_ERR_NOT_FOUND)
    status = rh_error_set(error, RH_ERR_FORMAT, rh_buffer_text(&label), "there is no value Blob");
  if (status != RH_OK)
    goto done;
  status =
      rh_certificate_read_blob(&certificate, blob.data, blob.len, rh_buffer_text(&label), error);
  if (status != RH_OK)
    goto done;
  if (rh_name_compare(info.name, info.name_len, certificate->thumbprint, 40) != 0) {
    status = rh_error_set(error, RH_ERR_FORMAT, rh_buffer_text(&label),
                          "the key holds another certificate, %s", certificate->thumbprint);
    goto done;
  }
  *out = certificate;
  certificate = NULL;
done:
  rh_certificate_free(certificate);
  rh_buffer_dispose(&label);
  rh_value_dispose(&blob);
  rh_key_info_dispose(&info);
  return status;
}

static rh_status read_entries(rh_certificate_list *list, rh_registry *registry, rh_key key,
                              const char *store_path, const damage_sink *sink, rh_error *error) {
  rh_cursor cursor = rh_registry_keys(registry, key);
  for (;;) {
    rh_error damage = {0};
    rh_key child = RH_KEY_NONE;
    rh_certificate *certificate = NULL;
    rh_status status = rh_cursor_next_key(&cursor, &child, &damage);
    if (status == RH_END)
      return RH_OK;
    if (status == RH_OK)
      status = read_entry(&certificate, registry, child, store_path, &damage);
    if (status == RH_ERR_FORMAT) {
      if (sink->on_damage)
        sink->on_damage(sink->payload, &damage);
      continue;
    }
    if (status == RH_OK)
      status = append(list, certificate, &damage);
    if (status != RH_OK) {
      rh_certificate_free(certificate);
      if (error)
        *error = damage;
      return status;
    }
  }
}

rh_status rh_certificate_list_read(rh_certificate_list *out, rh_registry *registry,
                                   const char *store_path,
                                   void (*on_damage)(void *payload, const rh_error *damage),
                                   void *payload, rh_error *error) {
  *out = (rh_certificate_list){0};
  rh_certificate_list list = {0};
  damage_sink sink = {on_damage, payload};
  rh_key root = RH_KEY_NONE, store = RH_KEY_NONE, key = RH_KEY_NONE;
  rh_status status = rh_registry_root(registry, &root, error);
  if (status == RH_OK)
    status = rh_registry_find_path(registry, root, store_path, &store, error);
  if (status == RH_OK)
    status = rh_registry_find_key(registry, store, "Certificates", 12, &key, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK)
    status = read_entries(&list, registry, key, store_path, &sink, error);
  if (status != RH_OK) {
    rh_certificate_list_dispose(&list);
    return status;
  }
  *out = list;
  return RH_OK;
}

void rh_certificate_list_dispose(rh_certificate_list *list) {
  for (size_t i = 0; i < list->count; i++)
    rh_certificate_free(list->items[i]);
  rh_free(list->items);
  *list = (rh_certificate_list){0};
}
