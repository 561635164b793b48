/* The header of the age format: who may open the file, and the MAC over it. */
#include "age/internal.h"
#include "base/reader.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <string.h>

#define VERSION_LINE "age-encryption.org/v1"
#define BODY_COLUMNS 64
#define ARGUMENTS 3 /* no stanza that is known has more */

static const unsigned char zero_nonce[RH_AGE_BOX_NONCE];

typedef struct text_part {
  const char *text;
  size_t len;
} text_part;

typedef enum stanza_kind { STANZA_OTHER, STANZA_X25519, STANZA_SCRYPT } stanza_kind;
typedef struct stanza {
  stanza_kind kind;
  unsigned char share[32]; /* X25519: the ephemeral share; scrypt: the salt */
  unsigned work_factor;
  unsigned char body[RH_AGE_BODY];
} stanza;

/* Writing. */

static rh_status append_stanza(rh_buffer *out, const char *type, const void *argument, size_t len,
                               const char *last_argument, const unsigned char body[RH_AGE_BODY],
                               rh_error *error) {
  rh_status status = rh_buffer_printf(out, error, "-> %s ", type);
  if (status == RH_OK)
    status = rh_age_base64_append(out, argument, len, error);
  if (status == RH_OK)
    status = rh_buffer_printf(out, error, "%s\n", last_argument);
  if (status == RH_OK)
    status = rh_age_base64_append(out, body, RH_AGE_BODY, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, "\n", 1, error);
  return status;
}

static rh_status x25519_wrap_key(unsigned char out[RH_AGE_KEY], const unsigned char shared[32],
                                 const unsigned char share[32], const unsigned char recipient[32],
                                 rh_error *error) {
  unsigned char salt[64];
  memcpy(salt, share, 32);
  memcpy(salt + 32, recipient, 32);
  return rh_age_hkdf(out, shared, 32, salt, sizeof salt, "age-encryption.org/v1/X25519", error);
}

static rh_status append_x25519(rh_buffer *out, const unsigned char file_key[RH_AGE_FILE_KEY],
                               const unsigned char recipient[32], rh_error *error) {
  unsigned char secret[32], share[32], shared[32], key[RH_AGE_KEY], body[RH_AGE_BODY];
  bool usable = false;
  rh_status status = rh_random(secret, sizeof secret, error);
  if (status == RH_OK)
    status = rh_age_x25519_public(share, secret, error);
  if (status == RH_OK)
    status = rh_age_x25519_shared(shared, &usable, secret, recipient, error);
  if (status == RH_OK && !usable)
    status = rh_error_set(error, RH_ERR_ARGUMENT, "recipient", "nobody can have such a key");
  if (status == RH_OK)
    status = x25519_wrap_key(key, shared, share, recipient, error);
  if (status == RH_OK)
    status = rh_age_box_seal(body, key, zero_nonce, file_key, RH_AGE_FILE_KEY, error);
  if (status == RH_OK)
    status = append_stanza(out, "X25519", share, sizeof share, "", body, error);
  rh_wipe(secret, sizeof secret);
  rh_wipe(shared, sizeof shared);
  rh_wipe(key, sizeof key);
  return status;
}

static rh_status append_scrypt(rh_buffer *out, const unsigned char file_key[RH_AGE_FILE_KEY],
                               const rh_buffer *passphrase, unsigned work_factor, rh_error *error) {
  unsigned char salt[RH_AGE_SALT], key[RH_AGE_KEY], body[RH_AGE_BODY];
  char factor[16];
  snprintf(factor, sizeof factor, " %u", work_factor);
  rh_status status = rh_random(salt, sizeof salt, error);
  if (status == RH_OK)
    status = rh_age_scrypt(key, passphrase, salt, work_factor, error);
  if (status == RH_OK)
    status = rh_age_box_seal(body, key, zero_nonce, file_key, RH_AGE_FILE_KEY, error);
  if (status == RH_OK)
    status = append_stanza(out, "scrypt", salt, sizeof salt, factor, body, error);
  rh_wipe(key, sizeof key);
  return status;
}

static rh_status header_mac(unsigned char out[32], const unsigned char file_key[RH_AGE_FILE_KEY],
                            const void *header, size_t len, rh_error *error) {
  unsigned char key[RH_AGE_KEY];
  rh_status status = rh_age_hkdf(key, file_key, RH_AGE_FILE_KEY, NULL, 0, "header", error);
  if (status == RH_OK)
    status = rh_age_hmac(out, key, header, len, error);
  rh_wipe(key, sizeof key);
  return status;
}

rh_status rh_age_header_write(rh_buffer *out, const unsigned char file_key[RH_AGE_FILE_KEY],
                              const rh_age_recipients *recipients, unsigned work_factor,
                              rh_error *error) {
  unsigned char mac[32];
  if (recipients->count > 0 && recipients->passphrase.len > 0)
    return rh_error_set(error, RH_ERR_ARGUMENT, "recipients",
                        "a file is sealed to recipients or with a passphrase, not with both");
  if (recipients->count == 0 && recipients->passphrase.len == 0)
    return rh_error_set(error, RH_ERR_ARGUMENT, "recipients", "there is nobody to seal to");
  if (recipients->count > RH_AGE_STANZA_LIMIT)
    return rh_error_set(error, RH_ERR_LIMIT, "recipients", "more than %d", RH_AGE_STANZA_LIMIT);
  if (work_factor < 1 || work_factor > RH_AGE_WORK_FACTOR_MAX)
    return rh_error_set(error, RH_ERR_ARGUMENT, "work factor", "must be from 1 to %d",
                        RH_AGE_WORK_FACTOR_MAX);
  rh_status status = rh_buffer_append_text(out, VERSION_LINE "\n", error);
  for (size_t i = 0; status == RH_OK && i < recipients->count; i++)
    status = append_x25519(out, file_key, recipients->keys[i], error);
  if (status == RH_OK && recipients->passphrase.len > 0)
    status = append_scrypt(out, file_key, &recipients->passphrase, work_factor, error);
  if (status == RH_OK)
    status = rh_buffer_append_text(out, "---", error);
  if (status == RH_OK)
    status = header_mac(mac, file_key, out->data, out->len, error);
  if (status == RH_OK)
    status = rh_buffer_append(out, " ", 1, error);
  if (status == RH_OK)
    status = rh_age_base64_append(out, mac, sizeof mac, error);
  return status == RH_OK ? rh_buffer_append(out, "\n", 1, error) : status;
}

/* Reading. */

static rh_status damaged(const char *label, const char *what, rh_error *error) {
  rh_error_set(error, RH_ERR_SEALED, label, "the header is damaged: %s", what);
  rh_error_hint(error, "fetch the file again from where it was made");
  return RH_ERR_SEALED;
}

/* A line without its line feed; false when there is no line feed. */
static bool read_line(rh_reader *reader, text_part *out) {
  size_t start = reader->position;
  while (!reader->failed)
    if (rh_reader_u8(reader) == '\n') {
      *out = (text_part){(const char *)reader->data + start, reader->position - start - 1};
      return true;
    }
  return false;
}

static bool part_is(const text_part *part, const char *text) {
  return part->len == strlen(text) && memcmp(part->text, text, part->len) == 0;
}

static bool line_starts(const text_part *line, const char *start) {
  return line->len >= strlen(start) && memcmp(line->text, start, strlen(start)) == 0;
}

/* Splits "-> type argument..."; NULL or what is wrong. More than ARGUMENTS are counted only. */
static const char *split_arguments(text_part parts[ARGUMENTS], size_t *count, text_part line) {
  *count = 0;
  for (size_t start = 3, end = 3; end <= line.len; end++) {
    char sign = ' ';
    if (end < line.len)
      sign = line.text[end];
    if (sign != ' ' && (sign < 0x21 || sign > 0x7E))
      return "a stanza holds a sign that is not allowed";
    if (sign != ' ')
      continue;
    if (end == start)
      return "a stanza has an empty argument";
    if (*count < ARGUMENTS)
      parts[*count] = (text_part){line.text + start, end - start};
    (*count)++;
    start = end + 1;
  }
  return NULL;
}

/* Reads the lines of a body and keeps its first bytes; NULL or what is wrong. */
static const char *read_body(rh_reader *reader, unsigned char kept[RH_AGE_BODY], size_t *len) {
  unsigned char bytes[BODY_COLUMNS / 4 * 3];
  text_part line = {0};
  *len = 0;
  do {
    size_t done = 0;
    if (!read_line(reader, &line))
      return "it ends in a stanza";
    if (line.len > BODY_COLUMNS ||
        !rh_age_base64_decode(bytes, &done, sizeof bytes, line.text, line.len))
      return "the body of a stanza is not base64 as it should be";
    for (size_t i = 0; i < done && *len + i < RH_AGE_BODY; i++)
      kept[*len + i] = bytes[i];
    *len += done;
  } while (line.len == BODY_COLUMNS);
  return NULL;
}

/* Decimal without sign and leading zero; 0 when it is not that. Three digits are enough to be
 * beyond every limit. */
static unsigned parse_work_factor(const text_part *part) {
  unsigned factor = 0;
  if (part->len == 0 || part->len > 3 || part->text[0] == '0')
    return 0;
  for (size_t i = 0; i < part->len; i++) {
    if (part->text[i] < '0' || part->text[i] > '9')
      return 0;
    factor = factor * 10 + (unsigned)(part->text[i] - '0');
  }
  return factor;
}

static const char *read_stanza(rh_reader *reader, stanza *out, text_part line) {
  text_part parts[ARGUMENTS] = {{0}};
  size_t count = 0, body_len = 0, done = 0;
  const char *wrong = split_arguments(parts, &count, line);
  if (!wrong)
    wrong = read_body(reader, out->body, &body_len);
  if (wrong)
    return wrong;
  if (part_is(&parts[0], "X25519")) {
    out->kind = STANZA_X25519;
    if (count != 2)
      return "an X25519 stanza has a wrong number of arguments";
    if (!rh_age_base64_decode(out->share, &done, 32, parts[1].text, parts[1].len) || done != 32)
      return "an X25519 stanza has a bad share";
  } else if (part_is(&parts[0], "scrypt")) {
    out->kind = STANZA_SCRYPT;
    if (count != 3)
      return "a scrypt stanza has a wrong number of arguments";
    if (!rh_age_base64_decode(out->share, &done, RH_AGE_SALT, parts[1].text, parts[1].len) ||
        done != RH_AGE_SALT)
      return "a scrypt stanza has a bad salt";
    out->work_factor = parse_work_factor(&parts[2]);
    if (out->work_factor == 0)
      return "a scrypt stanza has a bad work factor";
  } else {
    out->kind = STANZA_OTHER;
    return NULL;
  }
  return body_len == RH_AGE_BODY ? NULL : "a wrapped key has a wrong length";
}

/* Tries all identities on an X25519 stanza. */
static rh_status unwrap_x25519(unsigned char file_key[RH_AGE_FILE_KEY], bool *opened,
                               const stanza *found, const rh_age_keys *keys, const char *label,
                               rh_error *error) {
  unsigned char own[32], shared[32], key[RH_AGE_KEY];
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && !*opened && i < keys->identity_count; i++) {
    bool usable = false;
    status = rh_age_x25519_public(own, keys->identities[i], error);
    if (status == RH_OK)
      status = rh_age_x25519_shared(shared, &usable, keys->identities[i], found->share, error);
    if (status == RH_OK && !usable)
      status = damaged(label, "an X25519 stanza has a share of low order", error);
    if (status == RH_OK)
      status = x25519_wrap_key(key, shared, found->share, own, error);
    if (status == RH_OK)
      status = rh_age_box_open(file_key, opened, key, zero_nonce, found->body, RH_AGE_BODY, error);
  }
  rh_wipe(shared, sizeof shared);
  rh_wipe(key, sizeof key);
  return status;
}

static rh_status unwrap_scrypt(unsigned char file_key[RH_AGE_FILE_KEY], bool *opened,
                               const stanza *found, const rh_age_keys *keys, const char *label,
                               rh_error *error) {
  unsigned char key[RH_AGE_KEY];
  if (found->work_factor > RH_AGE_WORK_FACTOR_MAX)
    return rh_error_set(error, RH_ERR_SEALED, label,
                        "the header asks for a work factor of %u; up to %d is accepted",
                        found->work_factor, RH_AGE_WORK_FACTOR_MAX);
  if (keys->passphrase.len == 0)
    return RH_OK;
  rh_status status = rh_age_scrypt(key, &keys->passphrase, found->share, found->work_factor, error);
  if (status == RH_OK)
    status = rh_age_box_open(file_key, opened, key, zero_nonce, found->body, RH_AGE_BODY, error);
  rh_wipe(key, sizeof key);
  return status;
}

static rh_status no_key_fits(const rh_age_keys *keys, size_t x25519_count, size_t scrypt_count,
                             const char *label, rh_error *error) {
  if (scrypt_count > 0 && keys->passphrase.len > 0) {
    rh_error_set(error, RH_ERR_SEALED, label, "wrong passphrase");
    rh_error_hint(error, "give the passphrase it was sealed with");
  } else if (scrypt_count > 0) {
    rh_error_set(error, RH_ERR_SEALED, label,
                 "no key fits: it is sealed with a passphrase, and none was given");
    rh_error_hint(error, "give the passphrase it was sealed with");
  } else if (x25519_count > 0) {
    rh_error_set(error, RH_ERR_SEALED, label,
                 keys->identity_count > 0
                     ? "no key fits: it is sealed to other recipients"
                     : "no key fits: it is sealed to recipients, and no identity was given");
    rh_error_hint(error, "give the identity that belongs to a recipient it was sealed to");
  } else {
    rh_error_set(error, RH_ERR_SEALED, label,
                 "no key fits: it is sealed to keys that rehome does not know");
    rh_error_hint(error, "seal it again to an X25519 recipient (age1...) or with a passphrase");
  }
  return RH_ERR_SEALED;
}

/* Reads all stanzas and the MAC line. list holds RH_AGE_STANZA_LIMIT, and gets those of a kind that
 * is known. */
static rh_status read_stanzas(rh_reader *reader, stanza *list, size_t *count, size_t *mac_start,
                              unsigned char mac[32], const char *label, rh_error *error) {
  text_part line = {0};
  size_t all = 0, scrypt = 0, done = 0;
  *count = 0;
  for (;;) {
    *mac_start = reader->position;
    if (!read_line(reader, &line))
      return damaged(label, "it is cut off or too long", error);
    if (!line_starts(&line, "-> "))
      break;
    if (++all > RH_AGE_STANZA_LIMIT)
      return damaged(label, "it has too many stanzas", error);
    const char *wrong = read_stanza(reader, &list[*count], line);
    if (wrong)
      return damaged(label, wrong, error);
    scrypt += list[*count].kind == STANZA_SCRYPT;
    *count += list[*count].kind != STANZA_OTHER;
  }
  if (scrypt > 0 && all > 1)
    return damaged(label, "a scrypt stanza is not alone", error);
  if (all == 0 || !line_starts(&line, "--- ") ||
      !rh_age_base64_decode(mac, &done, 32, line.text + 4, line.len - 4) || done != 32)
    return damaged(label, "it has no proper last line", error);
  return RH_OK;
}

static rh_status read_version(rh_reader *reader, const char *label, rh_error *error) {
  text_part line = {0}, all = {(const char *)reader->data, reader->len};
  if (line_starts(&all, "-----BEGIN AGE")) {
    rh_error_set(error, RH_ERR_SEALED, label, "ASCII armor is not supported");
    rh_error_hint(error, "seal it again without armor");
    return RH_ERR_SEALED;
  }
  if (!line_starts(&all, "age-encryption.org/"))
    return rh_error_set(error, RH_ERR_SEALED, label, "the header is not that of an age v1 file");
  if (!read_line(reader, &line) || !part_is(&line, VERSION_LINE))
    return rh_error_set(error, RH_ERR_SEALED, label,
                        "the header is of another version of the age format, or damaged");
  return RH_OK;
}

rh_status rh_age_header_read(unsigned char file_key[RH_AGE_FILE_KEY], size_t *header_len,
                             const void *data, size_t len, const rh_age_keys *keys,
                             const char *label, rh_error *error) {
  rh_reader reader = rh_reader_of(data, len < RH_AGE_HEADER_LIMIT ? len : RH_AGE_HEADER_LIMIT);
  unsigned char stated[32], computed[32];
  size_t count = 0, mac_start = 0, kinds[3] = {0};
  bool opened = false;
  stanza *list = NULL;
  rh_status status = read_version(&reader, label, error);
  if (status != RH_OK)
    return status;
  list = rh_alloc_zero(RH_AGE_STANZA_LIMIT, sizeof *list);
  status = list ? read_stanzas(&reader, list, &count, &mac_start, stated, label, error)
                : rh_error_memory(error);
  for (size_t i = 0; status == RH_OK && !opened && i < count; i++) {
    kinds[list[i].kind]++;
    status = list[i].kind == STANZA_X25519
                 ? unwrap_x25519(file_key, &opened, &list[i], keys, label, error)
                 : unwrap_scrypt(file_key, &opened, &list[i], keys, label, error);
  }
  if (status == RH_OK && !opened)
    status = no_key_fits(keys, kinds[STANZA_X25519], kinds[STANZA_SCRYPT], label, error);
  if (status == RH_OK)
    status = header_mac(computed, file_key, data, mac_start + 3, error);
  if (status == RH_OK && CRYPTO_memcmp(computed, stated, sizeof stated) != 0) {
    status = rh_error_set(error, RH_ERR_SEALED, label,
                          "the header was altered: its authentication code does not fit");
    rh_error_hint(error, "fetch the file again from where it was made");
  }
  *header_len = reader.position;
  rh_free(list);
  return status;
}
