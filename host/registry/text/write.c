/* Writing .reg text: keys and values one by one, and whole registries, in pieces of bounded size.
 */
#include "registry/text/regtext.h"

#include "base/reader.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define PIECE_LEN 65536u
#define BLOCK ((size_t)1024) /* units or bytes that are put between two looks at the room left */
#define LINE_COLUMNS 76u     /* a list of bytes goes on in the next line behind this column */

struct rh_regtext_writer {
  const char *prefix, *label;
  rh_regtext_sink *write;
  void *payload;
  rh_buffer out;  /* UTF-16LE, always with room for a block */
  rh_buffer wide; /* a name that is not ASCII */
};

static rh_status flush(rh_regtext_writer *self, rh_error *error) {
  rh_status status = RH_OK;
  if (self->out.len > 0)
    status = self->write(self->payload, self->out.data, self->out.len, error);
  rh_buffer_clear(&self->out);
  return status;
}

/* Room for one more block: of bytes as hex, each with a break of the line at worst. */
static inline rh_status make_room(rh_regtext_writer *self, rh_error *error) {
  return self->out.len > PIECE_LEN ? flush(self, error) : RH_OK;
}

static inline void put_unit(rh_buffer *out, unsigned unit) {
  out->data[out->len] = (unsigned char)(unit & 0xFF);
  out->data[out->len + 1] = (unsigned char)(unit >> 8);
  out->len += 2;
}

/* A few ASCII characters, for which there is room. */
static inline void put_ascii(rh_buffer *out, const char *text, size_t len) {
  unsigned char *to = out->data + out->len;
  for (size_t i = 0; i < len; i++) {
    to[2 * i] = (unsigned char)text[i];
    to[2 * i + 1] = 0;
  }
  out->len += 2 * len;
}

static void put_word(rh_buffer *out, const char *text) {
  put_ascii(out, text, strlen(text));
}

static bool is_ascii(const char *text, size_t len) {
  unsigned char all = 0;
  for (size_t i = 0; i < len; i++)
    all |= (unsigned char)text[i];
  return all < 0x80;
}

/* Units as they are, with a backslash before quotes and backslashes. */
static rh_status put_escaped(rh_regtext_writer *self, const unsigned char *units, size_t len,
                             rh_error *error) {
  rh_status status = RH_OK;
  for (size_t done = 0; status == RH_OK && done + 1 < len;) {
    size_t end = len - done > 2 * BLOCK ? done + 2 * BLOCK : len;
    for (; done + 1 < end; done += 2) {
      unsigned unit = rh_load_u16(units + done);
      if (unit == '\\' || unit == '"')
        put_unit(&self->out, '\\');
      put_unit(&self->out, unit);
    }
    status = make_room(self, error);
  }
  return status;
}

/* Text of any length as it is. */
static rh_status put_text(rh_regtext_writer *self, const char *text, size_t len, rh_error *error) {
  rh_status status = RH_OK;
  if (is_ascii(text, len)) {
    for (size_t done = 0; status == RH_OK && done < len; done += BLOCK) {
      put_ascii(&self->out, text + done, len - done < BLOCK ? len - done : BLOCK);
      status = make_room(self, error);
    }
    return status;
  }
  rh_buffer_clear(&self->wide);
  status = rh_utf16_from_utf8(&self->wide, text, len, error);
  for (size_t done = 0; status == RH_OK && done < self->wide.len; done += BLOCK) {
    size_t part = self->wide.len - done < BLOCK ? self->wide.len - done : BLOCK;
    memcpy(self->out.data + self->out.len, self->wide.data + done, part);
    self->out.len += part;
    status = make_room(self, error);
  }
  return status;
}

/* A value's name between quotes; gives the columns that it takes. */
static rh_status put_name(rh_regtext_writer *self, const char *name, size_t len, size_t *columns,
                          rh_error *error) {
  size_t before = 0;
  rh_buffer_clear(&self->wide);
  rh_status status = rh_utf16_from_utf8(&self->wide, name, len, error);
  if (status != RH_OK)
    return status;
  put_unit(&self->out, '"');
  *columns = self->wide.len / 2 + 3;
  for (; before + 1 < self->wide.len; before += 2) {
    unsigned unit = rh_load_u16(self->wide.data + before);
    *columns += unit == '\\' || unit == '"';
  }
  status = put_escaped(self, self->wide.data, self->wide.len, error);
  if (status == RH_OK)
    put_unit(&self->out, '"');
  return status;
}

/* True for UTF-16 without control characters that ends in exactly one NUL. */
static bool can_be_quoted(const unsigned char *data, size_t len) {
  if (len < 2 || len % 2 != 0 || rh_load_u16(data + len - 2) != 0)
    return false;
  for (size_t i = 0; i < len - 2; i += 2) {
    unsigned unit = rh_load_u16(data + i);
    if (unit < 0x20 || unit == 0x7F || (unit >= 0xDC00 && unit < 0xE000))
      return false;
    if (unit >= 0xD800 && unit < 0xDC00) {
      unsigned low = rh_load_u16(data + i + 2); /* at worst the NUL at the end */
      if (low < 0xDC00 || low >= 0xE000)
        return false;
      i += 2;
    }
  }
  return true;
}

static inline unsigned char hex_digit(unsigned value) {
  return (unsigned char)(value < 10 ? '0' + value : 'a' + value - 10);
}

/* "01,02,\" and so on; column is how far the line has come. */
static rh_status put_bytes(rh_regtext_writer *self, const unsigned char *data, size_t len,
                           size_t column, rh_error *error) {
  rh_status status = RH_OK;
  for (size_t done = 0; status == RH_OK && done < len;) {
    size_t end = len - done > BLOCK ? done + BLOCK : len;
    unsigned char *to = self->out.data + self->out.len;
    for (; done < end; done++) {
      const unsigned char byte[6] = {
          hex_digit(data[done] >> 4), 0, hex_digit(data[done] & 15), 0, ',', 0};
      memcpy(to, byte, sizeof byte);
      to += sizeof byte;
      column += 3;
      if (column > LINE_COLUMNS && done + 1 < len) {
        memcpy(to, "\\\0\r\0\n\0 \0 ", 10);
        to += 10;
        column = 2;
      }
    }
    self->out.len = (size_t)(to - self->out.data);
    if (done == len)
      self->out.len -= 2; /* no comma behind the last one */
    status = make_room(self, error);
  }
  return status;
}

static rh_status put_data(rh_regtext_writer *self, const rh_value *value, size_t column,
                          rh_error *error) {
  char word[32];
  if (value->type == RH_REG_SZ && can_be_quoted(value->data, value->len)) {
    put_unit(&self->out, '"');
    rh_status status = put_escaped(self, value->data, value->len - 2, error);
    if (status == RH_OK)
      put_unit(&self->out, '"');
    return status;
  }
  if (value->type == RH_REG_DWORD && value->len == 4) {
    put_word(&self->out, "dword:");
    for (unsigned i = 0; i < 8; i++)
      put_unit(&self->out, hex_digit(rh_load_u32(value->data) >> (28 - 4 * i) & 15));
    return RH_OK;
  }
  if (value->type == RH_REG_BINARY)
    snprintf(word, sizeof word, "hex:");
  else
    snprintf(word, sizeof word, "hex(%x):", (unsigned)value->type);
  put_word(&self->out, word);
  return put_bytes(self, value->data, value->len, column + strlen(word), error);
}

/* Names have no escapes for what ends a line or a text. */
static rh_status check_name(const rh_regtext_writer *self, const char *name, size_t len,
                            const char *what, const char *path, size_t path_len, rh_error *error) {
  if (!memchr(name, '\r', len) && !memchr(name, '\n', len) && !memchr(name, '\0', len))
    return RH_OK;
  rh_error_set(error, RH_ERR_UNSUPPORTED, self->label,
               "the name of %s \"%s%.*s\" holds a control character that .reg text cannot express",
               what, self->prefix, (int)(path_len < 300 ? path_len : 300), path);
  rh_error_hint(error, "leave that key out, or copy the hive itself");
  return RH_ERR_UNSUPPORTED;
}

rh_status rh_regtext_writer_open(rh_regtext_writer **out, const char *prefix, const char *label,
                                 rh_regtext_sink *write, void *payload, rh_error *error) {
  rh_regtext_writer *self = rh_alloc_zero(1, sizeof *self);
  *out = self;
  if (!self)
    return rh_error_memory(error);
  *self = (rh_regtext_writer){
      .prefix = prefix ? prefix : "", .label = label, .write = write, .payload = payload};
  rh_status status = rh_buffer_reserve(&self->out, PIECE_LEN + 32 * BLOCK, error);
  if (status == RH_OK)
    status = rh_buffer_append(&self->out, "\xFF\xFE", 2, error);
  if (status == RH_OK)
    put_word(&self->out, "Windows Registry Editor Version 5.00\r\n");
  return status;
}

rh_status rh_regtext_writer_key(rh_regtext_writer *self, const char *path, size_t len, bool deletes,
                                rh_error *error) {
  rh_status status = check_name(self, path, len, "the key", path, len, error);
  if (status != RH_OK)
    return status;
  put_word(&self->out, deletes ? "\r\n[-" : "\r\n[");
  status = put_text(self, self->prefix, strlen(self->prefix), error);
  if (status == RH_OK)
    status = put_text(self, path, len, error);
  if (status == RH_OK && self->prefix[0] == '\0' && len == 0)
    put_unit(&self->out, '\\');
  if (status == RH_OK)
    put_word(&self->out, "]\r\n");
  return status;
}

rh_status rh_regtext_writer_value(rh_regtext_writer *self, const char *path, size_t path_len,
                                  const rh_value *value, bool deletes, rh_error *error) {
  size_t columns = 2;
  rh_status status =
      check_name(self, value->name, value->name_len, "a value in the key", path, path_len, error);
  if (status != RH_OK)
    return status;
  if (value->name_len == 0)
    put_unit(&self->out, '@');
  else
    status = put_name(self, value->name, value->name_len, &columns, error);
  if (status != RH_OK)
    return status;
  put_unit(&self->out, '=');
  if (deletes)
    put_unit(&self->out, '-');
  else
    status = put_data(self, value, columns, error);
  if (status == RH_OK)
    put_word(&self->out, "\r\n");
  return status == RH_OK ? make_room(self, error) : status;
}

rh_status rh_regtext_writer_comment(rh_regtext_writer *self, const char *text, size_t len,
                                    rh_error *error) {
  put_word(&self->out, "; ");
  rh_status status = put_text(self, text, len, error);
  if (status == RH_OK)
    put_word(&self->out, "\r\n");
  return status == RH_OK ? make_room(self, error) : status;
}

rh_status rh_regtext_writer_close(rh_regtext_writer *self, rh_error *error) {
  put_word(&self->out, "\r\n");
  return flush(self, error);
}

void rh_regtext_writer_free(rh_regtext_writer *self) {
  if (!self)
    return;
  rh_buffer_dispose_secret(&self->out);
  rh_buffer_dispose_secret(&self->wide);
  rh_free(self);
}

static rh_status write_key(void *payload, const rh_visit *visit, rh_error *error) {
  return rh_regtext_writer_key(payload, visit->path, visit->path_len, false, error);
}

static rh_status write_value(void *payload, const rh_visit *visit, const rh_value *value,
                             rh_error *error) {
  return rh_regtext_writer_value(payload, visit->path, visit->path_len, value, false, error);
}

rh_status rh_regtext_write(rh_registry *registry, rh_key key, const char *prefix,
                           rh_regtext_sink *write, void *payload, rh_error *error) {
  rh_regtext_writer *writer = NULL;
  rh_status status =
      rh_regtext_writer_open(&writer, prefix, registry->label, write, payload, error);
  const rh_walker walker = {.on_key = write_key, .on_value = write_value, .payload = writer};
  if (status == RH_OK)
    status = rh_registry_walk(registry, key, &walker, error);
  if (status == RH_OK)
    status = rh_regtext_writer_close(writer, error);
  rh_regtext_writer_free(writer);
  return status;
}
