/* manifest.xml: from the struct to XML, by libxml2. docs/manifest.rng is its schema. */
#include "store/internal.h"

#include <inttypes.h>
#include <libxml/xmlwriter.h>

typedef struct manifest_sink {
  rh_buffer *out;
  rh_status status;
  rh_error *error;
} manifest_sink;

static void dispose_facts(rh_store_fact *facts, size_t count) {
  for (size_t i = 0; i < count; i++) {
    rh_free(facts[i].name);
    rh_free(facts[i].value);
  }
  rh_free(facts);
}

void rh_store_manifest_dispose(rh_store_manifest *manifest) {
  rh_free(manifest->tool_version);
  rh_free(manifest->created);
  dispose_facts(manifest->facts, manifest->fact_count);
  dispose_facts(manifest->parameters, manifest->parameter_count);
  for (size_t i = 0; i < manifest->playbook_count; i++) {
    rh_free(manifest->playbooks[i].id);
    rh_free(manifest->playbooks[i].version);
    rh_free(manifest->playbooks[i].sha256);
  }
  rh_free(manifest->playbooks);
  for (size_t i = 0; i < manifest->scope_count; i++)
    rh_free(manifest->scopes[i]);
  rh_free(manifest->scopes);
  for (size_t i = 0; i < manifest->member_count; i++)
    rh_free(manifest->members[i].path);
  rh_free(manifest->members);
  *manifest = (rh_store_manifest){0};
}

/* A failure is kept, not told: libxml2 would print it. */
static int take(void *payload, const char *data, int len) {
  manifest_sink *sink = payload;
  if (sink->status == RH_OK)
    sink->status = rh_buffer_append(sink->out, data, (size_t)len, sink->error);
  return len;
}

/* The functions below give false when libxml2 could not write. */

static bool start(xmlTextWriter *writer, const char *name) {
  return xmlTextWriterStartElement(writer, BAD_CAST name) >= 0;
}

static bool end(xmlTextWriter *writer) {
  return xmlTextWriterEndElement(writer) >= 0;
}

static bool attribute(xmlTextWriter *writer, const char *name, const char *value) {
  return !value || xmlTextWriterWriteAttribute(writer, BAD_CAST name, BAD_CAST value) >= 0;
}

static bool text(xmlTextWriter *writer, const char *value) {
  return xmlTextWriterWriteString(writer, BAD_CAST value) >= 0;
}

static bool write_facts(xmlTextWriter *writer, const char *list, const char *item,
                        const rh_store_fact *facts, size_t count) {
  bool done = start(writer, list);
  for (size_t i = 0; done && i < count; i++)
    done = start(writer, item) && attribute(writer, "name", facts[i].name) &&
           text(writer, facts[i].value) && end(writer);
  return done && end(writer);
}

static bool write_playbooks(xmlTextWriter *writer, const rh_store_manifest *manifest) {
  bool done = start(writer, "playbooks");
  for (size_t i = 0; done && i < manifest->playbook_count; i++) {
    const rh_store_playbook *playbook = &manifest->playbooks[i];
    done = start(writer, "playbook") && attribute(writer, "id", playbook->id) &&
           attribute(writer, "version", playbook->version) &&
           attribute(writer, "sha256", playbook->sha256) && end(writer);
  }
  return done && end(writer);
}

static bool write_scopes(xmlTextWriter *writer, const rh_store_manifest *manifest) {
  bool done = start(writer, "scopes");
  for (size_t i = 0; done && i < manifest->scope_count; i++)
    done = start(writer, "scope") && text(writer, manifest->scopes[i]) && end(writer);
  return done && end(writer);
}

static bool write_members(xmlTextWriter *writer, const rh_store_manifest *manifest) {
  bool done = start(writer, "members");
  for (size_t i = 0; done && i < manifest->member_count; i++) {
    const rh_store_member *member = &manifest->members[i];
    done =
        start(writer, "member") && attribute(writer, "path", member->path) &&
        xmlTextWriterWriteFormatAttribute(writer, BAD_CAST "size", "%" PRIu64, member->size) >= 0 &&
        attribute(writer, "sha256", member->sha256) && end(writer);
  }
  return done && end(writer);
}

static bool write_manifest(xmlTextWriter *writer, const rh_store_manifest *manifest) {
  return xmlTextWriterSetIndent(writer, 1) >= 0 &&
         xmlTextWriterSetIndentString(writer, BAD_CAST "  ") >= 0 &&
         xmlTextWriterStartDocument(writer, NULL, "UTF-8", NULL) >= 0 &&
         start(writer, "manifest") && attribute(writer, "xmlns", RH_STORE_NAMESPACE) &&
         xmlTextWriterWriteFormatAttribute(writer, BAD_CAST "version", "%u",
                                           manifest->format_version) >= 0 &&
         attribute(writer, "tool", manifest->tool_version) &&
         attribute(writer, "created", manifest->created) &&
         write_facts(writer, "source", "fact", manifest->facts, manifest->fact_count) &&
         write_playbooks(writer, manifest) &&
         write_facts(writer, "parameters", "parameter", manifest->parameters,
                     manifest->parameter_count) &&
         write_scopes(writer, manifest) && write_members(writer, manifest) && end(writer) &&
         xmlTextWriterEndDocument(writer) >= 0 && xmlTextWriterFlush(writer) >= 0;
}

rh_status rh_store_manifest_write(const rh_store_manifest *manifest, rh_buffer *out,
                                  rh_error *error) {
  manifest_sink sink = {out, RH_OK, error};
  rh_buffer_clear(out);
  rh_status status = rh_store_manifest_check(manifest, RH_ERR_ARGUMENT, error);
  if (status != RH_OK)
    return status;
  xmlOutputBuffer *output = xmlOutputBufferCreateIO(take, NULL, &sink, NULL);
  xmlTextWriter *writer = output ? xmlNewTextWriter(output) : NULL;
  if (!writer)
    xmlOutputBufferClose(output);
  bool done = writer && write_manifest(writer, manifest);
  xmlFreeTextWriter(writer);
  if (sink.status != RH_OK)
    return sink.status;
  if (!done)
    return rh_error_memory(error);
  if (out->len > RH_STORE_MANIFEST_LIMIT)
    return rh_error_set(error, RH_ERR_LIMIT, RH_STORE_MANIFEST, "is larger than %u bytes",
                        RH_STORE_MANIFEST_LIMIT);
  return RH_OK;
}
