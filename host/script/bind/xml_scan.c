/* Finds the elements of an XML document; see xml_scan.h. */
#include "script/bind/xml_scan.h"

#include <string.h>

typedef struct scanner {
  const char *text;
  size_t len, at;
  rh_buffer *out;
  size_t first; /* where this document's elements begin in out, in bytes */
  size_t count;
  size_t open; /* index of the innermost open element */
  size_t depth;
  rh_error *error;
} scanner;

rh_status xml_fail(rh_error *error, rh_status code, const char *text, size_t at,
                   const char *message) {
  size_t line = 1;
  for (size_t i = 0; i < at; i++)
    line += text[i] == '\n';
  return rh_error_set(error, code, "XML", "line %zu: %s", line, message);
}

static rh_status fail(scanner *self, rh_status code, const char *message) {
  return xml_fail(self->error, code, self->text, self->at, message);
}

static xml_element *element(const scanner *self, size_t index) {
  return (xml_element *)(void *)(self->out->data + self->first) + index;
}

static bool starts(const scanner *self, const char *word) {
  size_t len = strlen(word);
  return self->len - self->at >= len && memcmp(self->text + self->at, word, len) == 0;
}

static bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(scanner *self) {
  while (self->at < self->len && is_blank(self->text[self->at]))
    self->at++;
}

/* Moves behind the next `end`, which is looked for `skip` bytes further on. */
static rh_status skip_to(scanner *self, size_t skip, const char *end) {
  size_t len = strlen(end);
  for (size_t i = self->at + skip; i + len <= self->len; i++) {
    if (memcmp(self->text + i, end, len) == 0) {
      self->at = i + len;
      return RH_OK;
    }
  }
  return fail(self, RH_ERR_FORMAT, "a comment, section or instruction does not end");
}

/* Moves behind a name and gives its length; 0 when there is none. libxml2 decides which letters a
 * name may have. */
static size_t skip_name(scanner *self) {
  size_t start = self->at;
  while (self->at < self->len && !is_blank(self->text[self->at]) &&
         !strchr("<>/='\"&", self->text[self->at]))
    self->at++;
  return self->at - start;
}

static rh_status skip_attribute(scanner *self) {
  if (skip_name(self) == 0)
    return fail(self, RH_ERR_FORMAT, "an attribute has no name");
  skip_blanks(self);
  if (!starts(self, "="))
    return fail(self, RH_ERR_FORMAT, "an attribute has no value");
  self->at++;
  skip_blanks(self);
  if (!starts(self, "\"") && !starts(self, "'"))
    return fail(self, RH_ERR_FORMAT, "an attribute's value has no quotes");
  const char *value = self->text + self->at + 1;
  const char *end = memchr(value, value[-1], self->len - self->at - 1);
  if (!end)
    return fail(self, RH_ERR_FORMAT, "an attribute's value does not end");
  self->at = (size_t)(end - self->text) + 1;
  return RH_OK;
}

/* The rest of a start tag, behind the name. */
static rh_status skip_attributes(scanner *self, xml_element *out) {
  for (;;) {
    size_t before = self->at;
    skip_blanks(self);
    if (starts(self, "/>")) {
      self->at += 2;
      out->is_empty = true;
      return RH_OK;
    }
    if (starts(self, ">")) {
      self->at++;
      return RH_OK;
    }
    if (self->at == self->len || self->at == before)
      return fail(self, RH_ERR_FORMAT, "a start tag does not end");
    if (++out->attributes > XML_MAX_ATTRIBUTES)
      return fail(self, RH_ERR_LIMIT, "an element has too many attributes");
    rh_status status = skip_attribute(self);
    if (status != RH_OK)
      return status;
  }
}

static rh_status start_tag(scanner *self) {
  xml_element made = {.start = self->at, .name = self->at + 1, .parent = self->open};
  if (self->depth == 0 && self->count > 0)
    return fail(self, RH_ERR_FORMAT, "there is a second root element");
  if (self->depth == XML_MAX_DEPTH)
    return fail(self, RH_ERR_LIMIT, "elements are nested too deep");
  if (self->count == XML_MAX_ELEMENTS)
    return fail(self, RH_ERR_LIMIT, "there are too many elements");
  self->at++;
  made.name_len = skip_name(self);
  if (made.name_len == 0)
    return fail(self, RH_ERR_FORMAT, "an element has no name");
  rh_status status = skip_attributes(self, &made);
  made.inner = made.inner_end = made.end = self->at;
  if (status == RH_OK)
    status = rh_buffer_append(self->out, &made, sizeof made, self->error);
  if (status != RH_OK)
    return status;
  if (!made.is_empty) {
    self->open = self->count;
    self->depth++;
  }
  self->count++;
  return RH_OK;
}

static rh_status end_tag(scanner *self) {
  size_t start = self->at;
  if (self->depth == 0)
    return fail(self, RH_ERR_FORMAT, "an end tag has no start tag");
  self->at += 2;
  const char *name = self->text + self->at;
  size_t name_len = skip_name(self);
  xml_element *open = element(self, self->open);
  skip_blanks(self);
  if (!starts(self, ">") || name_len != open->name_len ||
      memcmp(name, self->text + open->name, name_len) != 0)
    return fail(self, RH_ERR_FORMAT, "an end tag does not fit its start tag");
  self->at++;
  open->inner_end = start;
  open->end = self->at;
  self->open = open->parent;
  self->depth--;
  return RH_OK;
}

static rh_status markup(scanner *self) {
  if (starts(self, "<!--"))
    return skip_to(self, 4, "-->");
  if (starts(self, "<![CDATA["))
    return skip_to(self, 9, "]]>");
  if (starts(self, "<!"))
    return fail(self, RH_ERR_UNSUPPORTED, "a document type is not accepted");
  if (starts(self, "<?"))
    return skip_to(self, 2, "?>");
  return starts(self, "</") ? end_tag(self) : start_tag(self);
}

rh_status xml_scan(rh_buffer *out, const char *text, size_t len, rh_error *error) {
  scanner self = {.text = text,
                  .len = len,
                  .out = out,
                  .first = out->len,
                  .open = XML_NO_PARENT,
                  .error = error};
  rh_status status = RH_OK;
  if (len > XML_MAX_LEN)
    return rh_error_set(error, RH_ERR_LIMIT, "XML", "is larger than 64 MiB");
  while (status == RH_OK) {
    const char *next = memchr(text + self.at, '<', len - self.at);
    if (!next)
      break;
    self.at = (size_t)(next - text);
    status = markup(&self);
  }
  if (status == RH_OK && (self.depth > 0 || self.count == 0)) {
    self.at = len;
    status = fail(&self, RH_ERR_FORMAT,
                  self.count == 0 ? "there is no element" : "elements end too early");
  }
  return status;
}
