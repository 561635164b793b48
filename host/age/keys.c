/* Keys of the age format: identities, recipients, new pairs. */
#include "age/internal.h"

#include <string.h>

#define IDENTITY_PREFIX "age-secret-key-"
#define RECIPIENT_PREFIX "age"

static bool starts_with(const char *text, size_t len, const char *start) {
  return len >= strlen(start) && memcmp(text, start, strlen(start)) == 0;
}

/* Not rh_resize: a moved list of identities must not leave a copy behind. */
static rh_status add_key(unsigned char (**list)[32], size_t *count, const unsigned char key[32],
                         rh_error *error) {
  unsigned char(*grown)[32] = rh_alloc_zero(*count + 1, 32);
  if (!grown)
    return rh_error_memory(error);
  if (*count)
    memcpy(grown, *list, *count * 32);
  memcpy(grown[*count], key, 32);
  rh_free_secret(*list, *count * 32);
  *list = grown;
  (*count)++;
  return RH_OK;
}

static rh_status add_identity(rh_age_keys *keys, const char *text, size_t len, const char *label,
                              size_t line, rh_error *error) {
  unsigned char secret[32];
  rh_status status;
  if (rh_age_bech32_decode(secret, IDENTITY_PREFIX, text, len)) {
    status = add_key(&keys->identities, &keys->identity_count, secret, error);
  } else if (starts_with(text, len, "AGE-SECRET-KEY-PQ-") ||
             starts_with(text, len, "AGE-PLUGIN-")) {
    status = rh_error_set(error, RH_ERR_UNSUPPORTED, label,
                          "line %zu is an identity of a kind that rehome does not know", line);
    rh_error_hint(error, "use an X25519 identity: AGE-SECRET-KEY-1...");
  } else if (line == 1 && (starts_with(text, len, "age-encryption.org/") ||
                           starts_with(text, len, "-----BEGIN AGE"))) {
    status = rh_error_set(error, RH_ERR_UNSUPPORTED, label, "is itself sealed");
    rh_error_hint(error, "open it with \"age -d\" and give the identity that is in it");
  } else {
    status = rh_error_set(error, RH_ERR_FORMAT, label, "line %zu is not an age identity", line);
    rh_error_hint(error, "give a plain text file with a line AGE-SECRET-KEY-1..., whole and "
                         "unchanged, as age-keygen writes it");
  }
  rh_wipe(secret, sizeof secret);
  return status;
}

rh_status rh_age_keys_add_identities(rh_age_keys *keys, const char *text, size_t len,
                                     const char *label, rh_error *error) {
  size_t before = keys->identity_count;
  size_t position = 0;
  for (size_t line = 1; position < len; line++) {
    const char *start = text + position;
    const char *end = memchr(start, '\n', len - position);
    size_t line_len = end ? (size_t)(end - start) : len - position;
    position += line_len + 1;
    while (line_len > 0 && strchr(" \t\r", start[line_len - 1]))
      line_len--;
    if (line_len == 0 || start[0] == '#')
      continue;
    rh_status status = add_identity(keys, start, line_len, label, line, error);
    if (status != RH_OK)
      return status;
  }
  if (keys->identity_count > before)
    return RH_OK;
  return rh_error_set(error, RH_ERR_FORMAT, label, "holds no age identity");
}

void rh_age_keys_dispose(rh_age_keys *keys) {
  rh_free_secret(keys->identities, keys->identity_count * 32);
  rh_buffer_dispose_secret(&keys->passphrase);
  *keys = (rh_age_keys){0};
}

rh_status rh_age_recipients_add(rh_age_recipients *recipients, const char *text, rh_error *error) {
  unsigned char key[32];
  size_t len = strlen(text);
  if (rh_age_bech32_decode(key, RECIPIENT_PREFIX, text, len))
    return add_key(&recipients->keys, &recipients->count, key, error);
  /* Somebody who mixes the two up must not find the secret in a log. */
  if (starts_with(text, len, "AGE-SECRET-KEY-") || starts_with(text, len, "age-secret-key-")) {
    rh_error_set(error, RH_ERR_ARGUMENT, "recipient", "this is an identity, which is a secret");
    rh_error_hint(error, "give its recipient, which \"age-keygen -y\" prints: age1...");
    return RH_ERR_ARGUMENT;
  }
  bool other_kind = starts_with(text, len, "ssh-") || starts_with(text, len, "age1pq1") ||
                    starts_with(text, len, "age1tag");
  rh_status status = other_kind
                         ? rh_error_set(error, RH_ERR_UNSUPPORTED, text,
                                        "is a recipient of a kind that rehome does not know")
                         : rh_error_set(error, RH_ERR_ARGUMENT, text, "is not an age recipient");
  rh_error_hint(error, "give an X25519 recipient, whole and unchanged: age1...");
  return status;
}

void rh_age_recipients_dispose(rh_age_recipients *recipients) {
  rh_free(recipients->keys);
  rh_buffer_dispose_secret(&recipients->passphrase);
  *recipients = (rh_age_recipients){0};
}

rh_status rh_age_keygen(rh_buffer *identity, rh_buffer *recipient, rh_error *error) {
  unsigned char secret[32], public_key[32];
  rh_buffer_clear(identity);
  rh_buffer_clear(recipient);
  rh_status status = rh_random(secret, sizeof secret, error);
  if (status == RH_OK)
    status = rh_age_x25519_public(public_key, secret, error);
  if (status == RH_OK)
    status = rh_age_bech32_append(identity, IDENTITY_PREFIX, secret, true, error);
  if (status == RH_OK)
    status = rh_age_bech32_append(recipient, RECIPIENT_PREFIX, public_key, false, error);
  rh_wipe(secret, sizeof secret);
  return status;
}
