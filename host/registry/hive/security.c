/* Security descriptors: cells in a ring, shared by keys and counted. */
#include "registry/hive/internal.h"

#include <string.h>

/* [MS-DTYP] 2.4.6: a self-relative descriptor; owner S-1-5-32-544, group S-1-5-18, and a DACL whose
 * entries subkeys inherit (container-inherit, 0x02): KEY_ALL_ACCESS 0xF003F, KEY_READ 0x20019. */
/* clang-format off */
const unsigned char hive_default_security[] = {
    0x01, 0x00, 0x04, 0x80,                         /* revision 1; DACL present, self-relative */
    0x60, 0x00, 0x00, 0x00, 0x70, 0x00, 0x00, 0x00, /* owner at 96, group at 112 */
    0x00, 0x00, 0x00, 0x00, 0x14, 0x00, 0x00, 0x00, /* no SACL, DACL at 20 */
    0x02, 0x00, 0x4C, 0x00, 0x03, 0x00, 0x00, 0x00, /* revision 2, 76 bytes, 3 entries */
    0x00, 0x02, 0x14, 0x00, 0x3F, 0x00, 0x0F, 0x00, /* all to S-1-5-18, SYSTEM */
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
    0x00, 0x02, 0x18, 0x00, 0x3F, 0x00, 0x0F, 0x00, /* all to S-1-5-32-544, Administrators */
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
    0x00, 0x02, 0x18, 0x00, 0x19, 0x00, 0x02, 0x00, /* reading to S-1-5-32-545, Users */
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x21, 0x02, 0x00, 0x00,
    0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x20, 0x00, 0x00, 0x00, 0x20, 0x02, 0x00, 0x00,
    0x01, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x05, 0x12, 0x00, 0x00, 0x00,
};
/* clang-format on */
const size_t hive_default_security_len = sizeof hive_default_security;

/* A security cell for changing; NULL when there is none at offset. */
static unsigned char *sk_at(rh_hive *hive, uint32_t offset) {
  uint32_t len;
  unsigned char *sk = hive_cell_for_change(hive, offset, SK_DESCRIPTOR, &len);
  if (!sk || sk[0] != 's' || sk[1] != 'k' || rh_load_u32(sk + SK_LEN) > len - SK_DESCRIPTOR)
    return NULL;
  return sk;
}

void hive_security_add_reference(rh_hive *hive, uint32_t offset) {
  unsigned char *sk = sk_at(hive, offset);
  if (sk)
    rh_store_u32(sk + SK_REFERENCES, rh_load_u32(sk + SK_REFERENCES) + 1);
}

/* Raises counts that are lower than the number of keys, as another program may leave them: a
 * descriptor that a key still has must not be freed. The counters are links, which cells in use do
 * not need. */
static void count_references(rh_hive *hive) {
  hive_link *links = hive->space.links;
  unsigned char *sk;
  for (uint32_t at = 0; at < hive->bins_size; at += 8)
    if (sk_at(hive, at))
      links[at / 8].next = 0;
  for (uint32_t at = 0; at < hive->bins_size; at += 8) {
    const unsigned char *nk = hive_nk_for_change(hive, at, NULL);
    uint32_t security = nk ? rh_load_u32(nk + NK_SECURITY) : HIVE_NONE;
    if (sk_at(hive, security))
      links[security / 8].next++;
  }
  for (uint32_t at = 0; at < hive->bins_size; at += 8)
    if ((sk = sk_at(hive, at)) && rh_load_u32(sk + SK_REFERENCES) < links[at / 8].next)
      rh_store_u32(sk + SK_REFERENCES, links[at / 8].next);
  hive->counted = true;
}

void hive_security_drop_reference(rh_hive *hive, uint32_t offset) {
  unsigned char *sk = sk_at(hive, offset);
  if (!sk)
    return;
  uint32_t references = rh_load_u32(sk + SK_REFERENCES);
  if (references <= 1 && !hive->made && !hive->counted) {
    rh_store_u32(sk + SK_REFERENCES, 0);
    count_references(hive); /* without the key that lets go */
    if (rh_load_u32(sk + SK_REFERENCES) > 0)
      return;
  }
  if (references > 1) {
    rh_store_u32(sk + SK_REFERENCES, references - 1);
    return;
  }
  uint32_t next = rh_load_u32(sk + SK_NEXT), previous = rh_load_u32(sk + SK_PREVIOUS);
  unsigned char *next_sk = sk_at(hive, next), *previous_sk = sk_at(hive, previous);
  if (!next_sk || !previous_sk)
    return; /* a broken ring keeps what it has */
  rh_store_u32(next_sk + SK_PREVIOUS, previous);
  rh_store_u32(previous_sk + SK_NEXT, next);
  hive_release(hive, offset);
}

static rh_status add_to_ring(rh_hive *hive, uint32_t near, const void *descriptor, size_t len,
                             uint32_t *out, rh_error *error) {
  rh_status status = hive_allocate(hive, SK_DESCRIPTOR + (uint32_t)len, out, error);
  if (status != RH_OK)
    return status;
  unsigned char *sk = sk_at(hive, near), *next_sk = NULL;
  uint32_t next = *out, previous = next, cell_len;
  if (sk) {
    previous = near;
    next = rh_load_u32(sk + SK_NEXT);
    next_sk = sk_at(hive, next);
  }
  unsigned char *fresh = hive_cell_for_change(hive, *out, SK_DESCRIPTOR, &cell_len);
  memcpy(fresh, "sk", 2);
  rh_store_u32(fresh + SK_NEXT, next_sk ? next : *out);
  rh_store_u32(fresh + SK_PREVIOUS, next_sk ? previous : *out);
  rh_store_u32(fresh + SK_REFERENCES, 1);
  rh_store_u32(fresh + SK_LEN, (uint32_t)len);
  memcpy(fresh + SK_DESCRIPTOR, descriptor, len);
  if (next_sk) {
    rh_store_u32(sk + SK_NEXT, *out);
    rh_store_u32(next_sk + SK_PREVIOUS, *out);
  }
  return RH_OK;
}

rh_status hive_security_share(rh_hive *hive, uint32_t near, const void *descriptor, size_t len,
                              uint32_t *out, rh_error *error) {
  if (len == 0 || len > HIVE_BINS_MAX / 2)
    return rh_error_set(error, RH_ERR_ARGUMENT, hive->registry.label,
                        "a security descriptor has %zu bytes", len);
  uint32_t offset = near;
  for (uint32_t steps = hive->bins_size / 32; steps > 0; steps--) {
    unsigned char *sk = sk_at(hive, offset);
    if (!sk)
      break;
    if (rh_load_u32(sk + SK_LEN) == len && memcmp(sk + SK_DESCRIPTOR, descriptor, len) == 0) {
      rh_store_u32(sk + SK_REFERENCES, rh_load_u32(sk + SK_REFERENCES) + 1);
      *out = offset;
      return RH_OK;
    }
    offset = rh_load_u32(sk + SK_NEXT);
    if (offset == near)
      break;
  }
  return add_to_ring(hive, near, descriptor, len, out, error);
}
