/* manifest.xml: from XML to the struct, by libxml2's pull reader. docs/manifest.rng is its schema.
 */
#include "store/internal.h"

#include "base/table.h"

#include <libxml/xmlreader.h>
#include <string.h>

#define ATTRIBUTES 3

/* The document is a list of sections, each of which is a list of items of one kind. */
typedef struct section_form {
  const char *name, *item;
  const char *attributes[ATTRIBUTES];
  unsigned required; /* how many of the attributes have to be there, from the first on */
  bool has_text;
} section_form;

enum { SOURCE, PLAYBOOKS, PARAMETERS, SCOPES, MEMBERS, SECTIONS };
static const section_form sections[] = {
    {"source", "fact", {"name"}, 1, true},
    {"playbooks", "playbook", {"id", "version", "sha256"}, 1, false},
    {"parameters", "parameter", {"name"}, 1, true},
    {"scopes", "scope", {NULL}, 0, true},
    {"members", "member", {"path", "size", "sha256"}, 3, false},
};
RH_TABLE_FITS(sections, SECTIONS - 1);
static const section_form root = {"manifest", NULL, {"version", "tool", "created"}, 1, false};

typedef struct manifest_parse {
  xmlTextReader *reader;
  rh_store_manifest *out;
  unsigned begun;           /* sections */
  char *values[ATTRIBUTES]; /* of the item that is being read, owned */
  rh_buffer text;           /* of the same */
  rh_error *error;
} manifest_parse;

static rh_status invalid(manifest_parse *parse, const char *what) {
  return rh_error_set(parse->error, RH_ERR_FORMAT, RH_STORE_MANIFEST, "line %d: %s",
                      xmlTextReaderGetParserLineNumber(parse->reader), what);
}

static bool same(const xmlChar *found, const char *expected) {
  return found && strcmp((const char *)found, expected) == 0;
}

static void drop_values(manifest_parse *parse) {
  for (size_t i = 0; i < ATTRIBUTES; i++) {
    rh_free(parse->values[i]);
    parse->values[i] = NULL;
  }
}

static rh_status read_attributes(manifest_parse *parse, const section_form *section) {
  xmlTextReader *reader = parse->reader;
  while (xmlTextReaderMoveToNextAttribute(reader) == 1) {
    if (xmlTextReaderIsNamespaceDecl(reader) == 1)
      continue;
    size_t i = 0;
    while (i < ATTRIBUTES && section->attributes[i] &&
           !same(xmlTextReaderConstName(reader), section->attributes[i]))
      i++;
    if (i == ATTRIBUTES || !section->attributes[i])
      return invalid(parse, "an attribute that is not known");
    rh_free(parse->values[i]);
    parse->values[i] = rh_copy_text((const char *)xmlTextReaderConstValue(reader));
    if (!parse->values[i])
      return rh_error_memory(parse->error);
  }
  xmlTextReaderMoveToElement(reader);
  for (size_t i = 0; i < section->required; i++)
    if (!parse->values[i])
      return invalid(parse, "an attribute is missing");
  return RH_OK;
}

/* Decimal without sign and leading zeros. */
static bool parse_number(uint64_t *out, const char *text) {
  *out = 0;
  if (!*text || (text[0] == '0' && text[1]))
    return false;
  for (; *text; text++) {
    if (*text < '0' || *text > '9' || *out > (UINT64_MAX - 9) / 10)
      return false;
    *out = *out * 10 + (uint64_t)(*text - '0');
  }
  return true;
}

/* The list with room for one more item: it grows by doubling. NULL without memory. */
static void *with_room(void *list, size_t count, size_t size) {
  return (count & (count - 1)) == 0 ? rh_resize(list, count ? count * 2 : 1, size) : list;
}

static char *take_value(manifest_parse *parse, size_t i) {
  char *value = parse->values[i];
  parse->values[i] = NULL;
  return value;
}

static rh_status add_fact(manifest_parse *parse, rh_store_fact **list, size_t *count) {
  rh_store_fact *grown = with_room(*list, *count, sizeof *grown);
  if (!grown)
    return rh_error_memory(parse->error);
  *list = grown;
  rh_store_fact *fact = &grown[(*count)++];
  fact->name = take_value(parse, 0);
  fact->value = rh_copy_text(rh_buffer_text(&parse->text));
  return fact->value ? RH_OK : rh_error_memory(parse->error);
}

static rh_status add_playbook(manifest_parse *parse) {
  rh_store_manifest *out = parse->out;
  rh_store_playbook *grown = with_room(out->playbooks, out->playbook_count, sizeof *grown);
  if (!grown)
    return rh_error_memory(parse->error);
  out->playbooks = grown;
  grown[out->playbook_count++] =
      (rh_store_playbook){take_value(parse, 0), take_value(parse, 1), take_value(parse, 2)};
  return RH_OK;
}

static rh_status add_scope(manifest_parse *parse) {
  rh_store_manifest *out = parse->out;
  char **grown = with_room(out->scopes, out->scope_count, sizeof *grown);
  if (!grown)
    return rh_error_memory(parse->error);
  out->scopes = grown;
  grown[out->scope_count] = rh_copy_text(rh_buffer_text(&parse->text));
  return grown[out->scope_count++] ? RH_OK : rh_error_memory(parse->error);
}

static const char *value_of(const manifest_parse *parse, size_t i) {
  return parse->values[i] ? parse->values[i] : "";
}

static rh_status add_member(manifest_parse *parse) {
  rh_store_manifest *out = parse->out;
  rh_store_member member = {0};
  const char *sha256 = value_of(parse, 2);
  if (out->member_count == RH_STORE_MEMBER_LIMIT)
    return invalid(parse, "too many members");
  if (!parse_number(&member.size, value_of(parse, 1)))
    return invalid(parse, "the size of a member is not a number");
  if (strlen(sha256) != sizeof member.sha256 - 1)
    return invalid(parse, "the hash of a member is no SHA-256");
  rh_store_member *grown = with_room(out->members, out->member_count, sizeof *grown);
  if (!grown)
    return rh_error_memory(parse->error);
  out->members = grown;
  memcpy(member.sha256, sha256, sizeof member.sha256);
  member.path = take_value(parse, 0);
  grown[out->member_count++] = member;
  return RH_OK;
}

static rh_status add_item(manifest_parse *parse) {
  rh_store_manifest *out = parse->out;
  switch (parse->begun - 1) {
  case SOURCE:
    return add_fact(parse, &out->facts, &out->fact_count);
  case PLAYBOOKS:
    return add_playbook(parse);
  case PARAMETERS:
    return add_fact(parse, &out->parameters, &out->parameter_count);
  case SCOPES:
    return add_scope(parse);
  default:
    return add_member(parse);
  }
}

static rh_status end_item(manifest_parse *parse) {
  rh_status status = add_item(parse);
  drop_values(parse);
  rh_buffer_clear(&parse->text);
  return status;
}

static rh_status start_root(manifest_parse *parse) {
  uint64_t version = 0;
  if (!same(xmlTextReaderConstLocalName(parse->reader), root.name))
    return invalid(parse, "this is not a rehome manifest");
  rh_status status = read_attributes(parse, &root);
  if (status != RH_OK)
    return status;
  if (!parse_number(&version, parse->values[0]) || version == 0)
    return invalid(parse, "the format version is not a number");
  if (version != RH_STORE_FORMAT_VERSION) {
    rh_error_set(parse->error, RH_ERR_UNSUPPORTED, RH_STORE_MANIFEST,
                 "has format version %llu; this rehome reads version %d",
                 (unsigned long long)version, RH_STORE_FORMAT_VERSION);
    rh_error_hint(parse->error, "use the rehome that wrote the store, or a newer one");
    return RH_ERR_UNSUPPORTED;
  }
  parse->out->format_version = RH_STORE_FORMAT_VERSION;
  parse->out->tool_version = take_value(parse, 1);
  parse->out->created = take_value(parse, 2);
  drop_values(parse);
  return RH_OK;
}

static rh_status start_element(manifest_parse *parse) {
  xmlTextReader *reader = parse->reader;
  int depth = xmlTextReaderDepth(reader);
  bool empty = xmlTextReaderIsEmptyElement(reader) == 1;
  const xmlChar *name = xmlTextReaderConstLocalName(reader);
  if (!same(xmlTextReaderConstNamespaceUri(reader), RH_STORE_NAMESPACE))
    return invalid(parse, "an element of another namespace");
  if (depth == 0)
    return start_root(parse);
  if (depth == 1) {
    if (parse->begun == SECTIONS || !same(name, sections[parse->begun].name))
      return invalid(parse, "an element that does not belong here");
    static const section_form no_attributes = {0};
    parse->begun++;
    return read_attributes(parse, &no_attributes);
  }
  if (depth > 2 || !same(name, sections[parse->begun - 1].item))
    return invalid(parse, "an element that does not belong here");
  rh_status status = read_attributes(parse, &sections[parse->begun - 1]);
  return status == RH_OK && empty ? end_item(parse) : status;
}

static rh_status add_text(manifest_parse *parse) {
  const char *text = (const char *)xmlTextReaderConstValue(parse->reader);
  if (!text)
    return RH_OK;
  if (xmlTextReaderDepth(parse->reader) == 3 && sections[parse->begun - 1].has_text)
    return rh_buffer_append_text(&parse->text, text, parse->error);
  return text[strspn(text, " \t\r\n")] ? invalid(parse, "text that does not belong here") : RH_OK;
}

static rh_status read_node(manifest_parse *parse) {
  switch (xmlTextReaderNodeType(parse->reader)) {
  case XML_READER_TYPE_ELEMENT:
    return start_element(parse);
  case XML_READER_TYPE_END_ELEMENT:
    return xmlTextReaderDepth(parse->reader) == 2 ? end_item(parse) : RH_OK;
  case XML_READER_TYPE_TEXT:
  case XML_READER_TYPE_CDATA:
  case XML_READER_TYPE_WHITESPACE:
  case XML_READER_TYPE_SIGNIFICANT_WHITESPACE:
    return add_text(parse);
  case XML_READER_TYPE_COMMENT:
  case XML_READER_TYPE_PROCESSING_INSTRUCTION:
    return RH_OK;
  default:
    return invalid(parse, "neither an element nor text");
  }
}

static rh_status read_nodes(manifest_parse *parse) {
  rh_status status = RH_OK;
  int more = 1;
  while (status == RH_OK && (more = xmlTextReaderRead(parse->reader)) == 1)
    status = read_node(parse);
  if (status != RH_OK)
    return status;
  if (more < 0) {
    const xmlError *cause = xmlGetLastError();
    size_t len = cause && cause->message ? strcspn(cause->message, "\n") : 0;
    return rh_error_set(parse->error, RH_ERR_FORMAT, RH_STORE_MANIFEST,
                        "line %d: this is not XML: %.*s", cause ? cause->line : 0, (int)len,
                        len ? cause->message : "");
  }
  return parse->begun == SECTIONS ? RH_OK : invalid(parse, "an element is missing");
}

/* A document type could define entities; the word cannot occur elsewhere but in a comment or in
 * CDATA, which no manifest needs. */
static bool has_document_type(const unsigned char *data, size_t len) {
  static const char word[] = "<!DOCTYPE";
  for (size_t i = 0; i + sizeof word - 1 <= len; i++)
    if (memcmp(data + i, word, sizeof word - 1) == 0)
      return true;
  return false;
}

rh_status rh_store_manifest_read(rh_store_manifest *out, const void *data, size_t len,
                                 rh_error *error) {
  manifest_parse parse = {.out = out, .error = error};
  *out = (rh_store_manifest){0};
  if (len > RH_STORE_MANIFEST_LIMIT)
    return rh_error_set(error, RH_ERR_FORMAT, RH_STORE_MANIFEST, "is larger than %u bytes",
                        RH_STORE_MANIFEST_LIMIT);
  if (len == 0 || has_document_type(data, len))
    return rh_error_set(error, RH_ERR_FORMAT, RH_STORE_MANIFEST,
                        len ? "has a document type" : "is empty");
  parse.reader = xmlReaderForMemory(data, (int)len, NULL, "UTF-8",
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
  if (!parse.reader)
    return rh_error_memory(error);
  rh_status status = read_nodes(&parse);
  if (status == RH_OK)
    status = rh_store_manifest_check(out, RH_ERR_FORMAT, error);
  if (status != RH_OK)
    rh_store_manifest_dispose(out);
  xmlFreeTextReader(parse.reader);
  drop_values(&parse);
  rh_buffer_dispose(&parse.text);
  return status;
}
