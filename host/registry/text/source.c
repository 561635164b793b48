/* Decoding .reg text piece by piece, and positions in it. */
#include "registry/text/internal.h"

#include "base/code_page.h"
#include "base/reader.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const char header_5[] = "Windows Registry Editor Version 5.00";
static const char header_4[] = "REGEDIT4";

#define PIECE_LEN 262144u

rh_status rh_regtext_error(const rh_regtext_source *source, size_t position, rh_error *error,
                           rh_status code, const char *format, ...) {
  char message[512];
  size_t line = source->line, column = 1;
  if (source->failure.code != RH_OK) {
    if (error)
      *error = source->failure;
    return source->failure.code;
  }
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  for (size_t i = 0; i < position && i < source->text.len; i++) {
    unsigned char sign = source->text.data[i];
    if (sign == '\n') {
      line++;
      column = 1;
    } else if ((sign & 0xC0) != 0x80) {
      column++;
    }
  }
  return rh_error_set(error, code, source->label, "line %zu, column %zu: %s", line, column,
                      message);
}

rh_status rh_regtext_located(const rh_regtext_source *source, size_t position, rh_status status,
                             const rh_error *inner, rh_error *error) {
  rh_regtext_error(source, position, error, status, "%s", inner->message);
  rh_error_hint(error, "%s", inner->hint);
  return status;
}

void rh_regtext_skip_blanks(rh_regtext_source *source) {
  int sign = rh_regtext_peek(source, 0);
  while (sign == ' ' || sign == '\t') {
    source->position++;
    sign = rh_regtext_peek(source, 0);
  }
}

void rh_regtext_skip_line(rh_regtext_source *source) {
  while (!rh_regtext_is_line_end(rh_regtext_peek(source, 0)))
    source->position++;
  if (rh_regtext_peek(source, 0) == '\r')
    source->position++;
  if (rh_regtext_peek(source, 0) == '\n')
    source->position++;
}

bool rh_regtext_take_word(rh_regtext_source *source, const char *word) {
  size_t len = strlen(word);
  if (rh_regtext_peek(source, len - 1) < 0 ||
      rh_name_compare((const char *)source->text.data + source->position, len, word, len) != 0)
    return false;
  source->position += len;
  return true;
}

static bool begins_with(const void *data, size_t len, const char *start) {
  return len >= strlen(start) && memcmp(data, start, strlen(start)) == 0;
}

/* --- decoding --- */

/* Whole units; a pair that is cut off by the end of the piece waits for its other half. */
static rh_status decode_wide(rh_regtext_source *self, size_t *used, rh_error *error) {
  const unsigned char *units = self->raw.data;
  size_t len = self->raw.len / 2 * 2;
  if (!self->ended && len >= 2 && (units[len - 1] & 0xFC) == 0xD8)
    len -= 2;
  if (self->ended && self->raw.len % 2 != 0)
    return rh_error_set(error, RH_ERR_FORMAT, self->label,
                        "ends in the middle of a UTF-16 character");
  *used = len;
  return rh_utf8_from_utf16(&self->text, units, len, error);
}

/* How much of UTF-8 is whole characters: the last one may be cut off by the end of the piece. */
static size_t whole_characters(const unsigned char *bytes, size_t len) {
  for (size_t back = 1; back <= 3 && back <= len; back++) {
    unsigned char sign = bytes[len - back];
    if ((sign & 0xC0) == 0x80)
      continue;
    size_t needs = sign >= 0xF0 ? 4 : sign >= 0xE0 ? 3 : sign >= 0xC0 ? 2 : 1;
    return needs > back ? len - back : len;
  }
  return len;
}

static rh_status invalid_utf8(rh_regtext_source *self, size_t start, rh_error *error) {
  uint16_t pending = 0;
  rh_status status = rh_buffer_append(&self->text, self->raw.data, self->raw.len, error);
  if (status != RH_OK)
    return status;
  size_t position = start;
  while (rh_utf16_next(rh_buffer_text(&self->text), self->text.len, &position, &pending) >= 0)
    ;
  status = rh_regtext_error(self, position, error, RH_ERR_FORMAT, "the text is not valid UTF-8");
  rh_error_hint(error, "save it as UTF-16 or UTF-8, or as REGEDIT4 in its code page");
  return status;
}

static rh_status decode_narrow(rh_regtext_source *self, size_t *used, rh_error *error) {
  size_t start = self->text.len;
  *used = self->raw.len;
  if (self->file_code_page == 65001 && !self->ended)
    *used = whole_characters(self->raw.data, self->raw.len);
  rh_status status =
      rh_utf8_from_code_page(&self->text, self->raw.data, *used, self->file_code_page, error);
  return status == RH_ERR_FORMAT ? invalid_utf8(self, start, error) : status;
}

/* Reads the next piece of the file behind what is left of the one before. */
static rh_status read_piece(rh_regtext_source *self, rh_error *error) {
  rh_status status = rh_buffer_reserve(&self->raw, PIECE_LEN, error);
  for (size_t room = PIECE_LEN; status == RH_OK && !self->ended && room > 0;) {
    size_t len = 0;
    status = self->pull(self->payload, self->raw.data + self->raw.len, room, &len, error);
    self->raw.len += len;
    room -= len;
    self->ended = len == 0;
  }
  return status;
}

static rh_status decode_piece(rh_regtext_source *self, rh_error *error) {
  size_t start = self->text.len, used = 0;
  rh_status status =
      self->wide ? decode_wide(self, &used, error) : decode_narrow(self, &used, error);
  if (status == RH_OK)
    status = rh_buffer_reserve(&self->text, 0, error);
  if (status != RH_OK)
    return status;
  size_t left = self->raw.len - used;
  memmove(self->raw.data, self->raw.data + used, left);
  self->raw.len = left;
  const unsigned char *nul = memchr(self->text.data + start, 0, self->text.len - start);
  return nul ? rh_regtext_error(self, (size_t)(nul - self->text.data), error, RH_ERR_FORMAT,
                                "a NUL character, which text does not hold")
             : RH_OK;
}

bool rh_regtext_fill(rh_regtext_source *self) {
  if (self->ended || self->failure.code != RH_OK)
    return false;
  rh_error error = {0};
  size_t start = self->text.len;
  rh_status status = read_piece(self, &error);
  if (status == RH_OK)
    status = decode_piece(self, &error);
  if (status == RH_OK)
    return self->text.len > start || !self->ended;
  self->failure = error;
  self->failure.code = status;
  self->text.len = start;
  return false;
}

static size_t count_lines(const unsigned char *text, size_t len) {
  size_t count = 0;
  for (size_t i = 0; i < len; i++)
    count += text[i] == '\n';
  return count;
}

size_t rh_regtext_next_line(rh_regtext_source *self) {
  if (self->position > PIECE_LEN) {
    self->line += count_lines(self->text.data, self->position);
    self->text.len -= self->position;
    memmove(self->text.data, self->text.data + self->position, self->text.len);
    self->position = 0;
  }
  for (size_t from = self->position;;) {
    const unsigned char *end =
        self->text.len > from ? memchr(self->text.data + from, '\n', self->text.len - from) : NULL;
    if (end)
      return (size_t)(end - self->text.data);
    from = self->text.len;
    if (!rh_regtext_fill(self))
      return self->text.len;
  }
}

/* Learns the encoding from the first piece, and takes its mark away. Without a mark, the header's
 * first letter shows UTF-16. */
static rh_status choose_encoding(rh_regtext_source *self, rh_error *error) {
  const unsigned char *data = self->raw.data;
  size_t len = self->raw.len, mark = 0;
  bool second_is_letter = len >= 2 && data[0] == 0 && (data[1] == 'W' || data[1] == 'R');
  if (begins_with(data, len, "\xFE\xFF") || second_is_letter)
    return rh_error_set(error, RH_ERR_UNSUPPORTED, self->label,
                        "is UTF-16 in big-endian order, which regedit does not write");
  bool marked = begins_with(data, len, "\xFF\xFE");
  self->wide = marked || (len >= 2 && data[1] == 0 && (data[0] == 'W' || data[0] == 'R'));
  if (marked)
    mark = 2;
  else if (begins_with(data, len, "\xEF\xBB\xBF"))
    mark = 3;
  self->ansi = !self->wide && begins_with(data + mark, len - mark, header_4);
  self->file_code_page = mark > 0 || !self->ansi ? 65001 : self->code_page;
  self->raw.len -= mark;
  memmove(self->raw.data, self->raw.data + mark, self->raw.len);
  return RH_OK;
}

static bool take_header(rh_regtext_source *source, const char *header) {
  size_t len = strlen(header);
  if (!begins_with(source->text.data, source->text.len, header))
    return false;
  source->position = len;
  rh_regtext_skip_blanks(source);
  return rh_regtext_is_line_end(rh_regtext_peek(source, 0));
}

rh_status rh_regtext_source_open(rh_regtext_source *out, rh_regtext_pull *pull, void *payload,
                                 const char *label, unsigned code_page, rh_error *error) {
  *out = (rh_regtext_source){
      .label = label, .code_page = code_page, .pull = pull, .payload = payload, .line = 1};
  rh_status status = read_piece(out, error);
  if (status == RH_OK)
    status = choose_encoding(out, error);
  if (status == RH_OK)
    status = decode_piece(out, error);
  if (status != RH_OK)
    return status;
  if (!take_header(out, header_5) && !take_header(out, header_4)) {
    status =
        rh_regtext_error(out, 0, error, RH_ERR_FORMAT, "the header line of a .reg file is missing");
    rh_error_hint(error, "the first line must be \"%s\" or \"%s\"", header_5, header_4);
    return status;
  }
  rh_regtext_skip_line(out);
  return RH_OK;
}

void rh_regtext_source_dispose(rh_regtext_source *source) {
  rh_buffer_dispose_secret(&source->raw);
  rh_buffer_dispose_secret(&source->scratch);
  rh_buffer_dispose_secret(&source->text);
}
