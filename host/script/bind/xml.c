/* The module `xmlscan`: XML documents as Lua tables that know where each element stands, so that
 * stdlib/format/xml.lua can change some bytes and leave the others alone.
 *
 * libxml2 decides what is well-formed and what names and values mean; xml_scan finds the bytes.
 * Neither may see an element that the other does not. There is no document type, hence no entity
 * but XML's own five, and nothing is ever loaded. */
#include "base/text.h"
#include "script/bind/xml_scan.h"
#include "script/internal.h"

#include <libxml/parser.h>

#include <string.h>

/* What libxml2 tells on its way through the document. */
typedef struct reader {
  const char *text;
  xml_element *elements;
  size_t count, next; /* next: index of the element that starts next */
  size_t open;        /* index of the innermost open element */
  size_t leaf;        /* the open element that nothing has started in, XML_NO_PARENT when none */
  rh_buffer *pool;    /* NUL-terminated: of each element its URI, local names, URIs and values of
                         its attributes, and its text */
  xmlParserCtxtPtr context;
  bool differs;
  rh_error *error;
  rh_status status;
} reader;

static void stop(reader *self) {
  xmlStopParser(self->context);
}

static void add(reader *self, const void *data, size_t len) {
  if (self->status == RH_OK)
    self->status = rh_buffer_append(self->pool, data, len, self->error);
  if (self->status != RH_OK)
    stop(self);
}

static void add_string(reader *self, const xmlChar *text) {
  if (text)
    add(self, text, strlen((const char *)text));
  add(self, "", 1);
}

static bool has_name(const reader *self, const xml_element *element, const xmlChar *local,
                     const xmlChar *prefix) {
  const char *name = self->text + element->name;
  size_t prefix_len = prefix ? strlen((const char *)prefix) + 1 : 0;
  size_t local_len = strlen((const char *)local);
  return element->name_len == prefix_len + local_len &&
         memcmp(name + prefix_len, local, local_len) == 0 &&
         (!prefix || (memcmp(name, prefix, prefix_len - 1) == 0 && name[prefix_len - 1] == ':'));
}

static void on_start(void *payload, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces, const xmlChar **declared, int count, int defaulted,
                     const xmlChar **attributes) {
  reader *self = payload;
  xml_element *element = &self->elements[self->next];
  (void)declared;
  (void)defaulted;
  if (self->next == self->count || element->parent != self->open ||
      !has_name(self, element, local, prefix) ||
      element->attributes != (size_t)namespaces + (size_t)count) {
    self->differs = true;
    stop(self);
    return;
  }
  if (self->leaf != XML_NO_PARENT)
    add_string(self, NULL); /* ends what was text of the element that this one is in */
  element->strings = self->pool->len;
  element->attributes = (size_t)count;
  add_string(self, uri);
  for (size_t i = 0; i < (size_t)count; i++, attributes += 5) {
    add_string(self, attributes[0]);
    add_string(self, attributes[2]);
    add(self, attributes[3], (size_t)(attributes[4] - attributes[3]));
    add_string(self, NULL);
  }
  self->open = self->leaf = self->next++;
}

static void on_text(void *payload, const xmlChar *text, int len) {
  reader *self = payload;
  if (self->leaf != XML_NO_PARENT)
    add(self, text, (size_t)len);
}

static void on_end(void *payload, const xmlChar *local, const xmlChar *prefix, const xmlChar *uri) {
  reader *self = payload;
  (void)uri;
  if (self->open == XML_NO_PARENT || !has_name(self, &self->elements[self->open], local, prefix)) {
    self->differs = true;
    stop(self);
    return;
  }
  if (self->leaf == self->open)
    add_string(self, NULL);
  self->leaf = XML_NO_PARENT;
  self->open = self->elements[self->open].parent;
}

static void on_error(void *payload, xmlErrorPtr problem) {
  (void)payload; /* its text may quote the document: only the line is told, by the context */
  (void)problem;
}

/* Lets libxml2 read the scanned document and fills elements[].strings and the pool. */
static rh_status read_document(reader *self, size_t len) {
  xmlSAXHandler handler = {.initialized = XML_SAX2_MAGIC,
                           .startElementNs = on_start,
                           .endElementNs = on_end,
                           .characters = on_text,
                           .ignorableWhitespace = on_text,
                           .cdataBlock = on_text,
                           .serror = on_error};
  self->context = xmlNewParserCtxt();
  if (!self->context)
    return rh_error_memory(self->error);
  *self->context->sax = handler;
  self->context->userData = self;
  /* "Entities are replaced" means &amp; and the like here: there are no others. */
  xmlDocPtr document = xmlCtxtReadMemory(self->context, self->text, (int)len, NULL, "UTF-8",
                                         XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_IGNORE_ENC |
                                             XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  bool well_formed = self->context->wellFormed && self->context->nsWellFormed;
  int line = self->context->lastError.line;
  xmlFreeDoc(document);
  xmlFreeParserCtxt(self->context);
  self->context = NULL;
  if (self->status != RH_OK)
    return self->status;
  if (self->differs || (well_formed && self->next != self->count))
    return rh_error_set(self->error, RH_ERR_FORMAT, "XML", "its elements cannot be told apart");
  if (!well_formed)
    return rh_error_set(self->error, RH_ERR_FORMAT, "XML", "line %d: is not well-formed",
                        line > 0 ? line : 1);
  return RH_OK;
}

static void set_position(lua_State *L, const char *name, size_t position) {
  lua_pushinteger(L, (lua_Integer)position);
  lua_setfield(L, -2, name);
}

static const char *next_string(const char *at) {
  return at + strlen(at) + 1;
}

/* Pushes the table of one element, without its children. */
static void push_element(lua_State *L, const char *text, const xml_element *element,
                         const char *strings, bool is_leaf) {
  const char *name = text + element->name;
  const char *colon = memchr(name, ':', element->name_len);
  size_t prefix_len = colon ? (size_t)(colon - name) + 1 : 0;
  lua_createtable(L, 0, 11);
  lua_pushlstring(L, name + prefix_len, element->name_len - prefix_len);
  lua_setfield(L, -2, "name");
  lua_pushlstring(L, name, element->name_len);
  lua_setfield(L, -2, "tag");
  lua_pushstring(L, strings);
  lua_setfield(L, -2, "uri");
  strings = next_string(strings);
  lua_createtable(L, (int)element->attributes, 0);
  for (size_t i = 0; i < element->attributes; i++) {
    static const char *const fields[] = {"name", "uri", "value"};
    lua_createtable(L, 0, 3);
    for (size_t field = 0; field < 3; field++, strings = next_string(strings)) {
      lua_pushstring(L, strings);
      lua_setfield(L, -2, fields[field]);
    }
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_setfield(L, -2, "attributes");
  if (is_leaf) {
    lua_pushstring(L, strings);
    lua_setfield(L, -2, "text");
  }
  /* As string.sub counts: from the first byte to the last. */
  set_position(L, "first", element->start + 1);
  set_position(L, "last", element->end);
  set_position(L, "inner_first", element->inner + 1);
  set_position(L, "inner_last", element->inner_end);
  lua_pushboolean(L, element->is_empty);
  lua_setfield(L, -2, "is_empty");
  lua_newtable(L);
  lua_setfield(L, -2, "children");
}

/* Pushes the root; the stack holds one table for each element that is open. */
static void push_tree(lua_State *L, const char *text, const xml_element *elements, size_t count,
                      const char *pool) {
  int bottom = lua_gettop(L);
  size_t open = XML_NO_PARENT;
  luaL_checkstack(L, XML_MAX_DEPTH + 10, "XML");
  for (size_t i = 0; i < count; i++) {
    bool is_leaf = i + 1 == count || elements[i + 1].parent != i;
    while (open != elements[i].parent) {
      lua_pop(L, 1);
      open = elements[open].parent;
    }
    push_element(L, text, &elements[i], pool + elements[i].strings, is_leaf);
    if (i > 0) {
      lua_getfield(L, -2, "children");
      lua_pushvalue(L, -2);
      lua_rawseti(L, -2, (lua_Integer)lua_rawlen(L, -2) + 1);
      lua_pop(L, 1);
    }
    open = i;
  }
  lua_settop(L, bottom + 1);
}

static void swap_pairs(rh_buffer *bytes) {
  for (size_t i = 0; i + 1 < bytes->len; i += 2) {
    unsigned char first = bytes->data[i];
    bytes->data[i] = bytes->data[i + 1];
    bytes->data[i + 1] = first;
  }
}

/* text = the document as UTF-8 without its mark; gives what it was encoded in. */
static rh_status decode(rh_buffer *text, rh_buffer *copy, const char *bytes, size_t len,
                        const char **encoding, rh_error *error) {
  rh_status status = RH_OK;
  *encoding = "utf-8";
  if (len > XML_MAX_LEN)
    return rh_error_set(error, RH_ERR_LIMIT, "XML", "is larger than 64 MiB");
  bool little = len >= 2 && memcmp(bytes, "\xFF\xFE", 2) == 0;
  bool big = len >= 2 && memcmp(bytes, "\xFE\xFF", 2) == 0;
  if (little || big) {
    *encoding = little ? "utf-16le" : "utf-16be";
    status = rh_buffer_append(copy, bytes + 2, len - 2, error);
    if (status == RH_OK && big)
      swap_pairs(copy);
    if (status == RH_OK && copy->len % 2 != 0)
      status = rh_error_set(error, RH_ERR_FORMAT, "XML", "ends within a UTF-16 character");
    if (status == RH_OK)
      status = rh_utf8_from_utf16(text, copy->data, copy->len, error);
  } else {
    size_t mark = len >= 3 && memcmp(bytes, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    if (mark)
      *encoding = "utf-8 with mark";
    status = rh_buffer_append(text, bytes + mark, len - mark, error);
  }
  if (status == RH_OK && !rh_utf8_is_valid(text->data, text->len))
    status = rh_error_set(error, RH_ERR_FORMAT, "XML", "is neither UTF-8 nor UTF-16 with a mark");
  return status;
}

static rh_status scan(script_scratch *scratch, const char *bytes, size_t len,
                      const char **encoding) {
  rh_status status = decode(&scratch->text, &scratch->data, bytes, len, encoding, &scratch->error);
  const char *text = rh_buffer_text(&scratch->text);
  rh_buffer_clear(&scratch->data);
  if (status == RH_OK)
    status = xml_scan(&scratch->data, text, scratch->text.len, &scratch->error);
  if (status != RH_OK)
    return status;
  reader self = {.text = text,
                 .elements = (xml_element *)(void *)scratch->data.data,
                 .count = scratch->data.len / sizeof(xml_element),
                 .open = XML_NO_PARENT,
                 .leaf = XML_NO_PARENT,
                 .pool = &scratch->path,
                 .error = &scratch->error};
  return read_document(&self, scratch->text.len);
}

/* scan(bytes) -> root, text, encoding | nil, code, message */
static int xmlscan_scan(lua_State *L) {
  size_t len;
  const char *encoding;
  luaL_checktype(L, 1, LUA_TSTRING);
  const char *bytes = lua_tolstring(L, 1, &len);
  script_tick(L);
  script_scratch *scratch = script_begin(L);
  rh_status status = scan(scratch, bytes, len, &encoding);
  if (status == RH_ERR_MEMORY)
    return script_raise(L);
  if (status != RH_OK) {
    lua_pushnil(L);
    lua_pushstring(L, rh_status_name(status));
    lua_pushstring(L, scratch->error.message);
    return 3;
  }
  push_tree(L, rh_buffer_text(&scratch->text),
            (const xml_element *)(const void *)scratch->data.data,
            scratch->data.len / sizeof(xml_element), rh_buffer_text(&scratch->path));
  lua_pushlstring(L, rh_buffer_text(&scratch->text), scratch->text.len);
  lua_pushstring(L, encoding);
  rh_wipe(scratch->text.data, scratch->text.len);
  rh_wipe(scratch->path.data, scratch->path.len);
  script_begin(L);
  return 3;
}

/* encode(text, encoding) -> bytes: the way back. */
static int xmlscan_encode(lua_State *L) {
  size_t len;
  luaL_checktype(L, 1, LUA_TSTRING);
  const char *text = lua_tolstring(L, 1, &len);
  const char *encoding = script_check_text(L, 2);
  bool is_wide = strncmp(encoding, "utf-16", 6) == 0;
  script_scratch *scratch = script_begin(L);
  rh_status status = rh_buffer_append_text(&scratch->data,
                                           is_wide                          ? "\xFF\xFE"
                                           : strcmp(encoding, "utf-8") == 0 ? ""
                                                                            : "\xEF\xBB\xBF",
                                           &scratch->error);
  if (status == RH_OK && is_wide)
    status = rh_utf16_from_utf8(&scratch->data, text, len, &scratch->error);
  else if (status == RH_OK)
    status = rh_buffer_append(&scratch->data, text, len, &scratch->error);
  if (status != RH_OK)
    return script_raise(L);
  if (strcmp(encoding, "utf-16be") == 0)
    swap_pairs(&scratch->data);
  lua_pushlstring(L, rh_buffer_text(&scratch->data), scratch->data.len);
  rh_wipe(scratch->data.data, scratch->data.len);
  script_begin(L);
  return 1;
}

void script_push_xmlscan(lua_State *L) {
  static const luaL_Reg functions[] = {
      {"scan", xmlscan_scan}, {"encode", xmlscan_encode}, {NULL, NULL}};
  lua_newtable(L);
  luaL_setfuncs(L, functions, 0);
}
