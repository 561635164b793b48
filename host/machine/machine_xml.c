/* machine.xml: what cannot be read from hives. A root element "machine" with
 *     <adapter guid="{...}" mac="00-11-22-33-44-55"/>
 * for each adapter; a MAC address is in no hive of a server that uses the card's own. Other
 * elements and attributes are for people. */
#include "machine/internal.h"

#include "base/text.h"

#include <libxml/parser.h>
#include <libxml/tree.h>

#include <string.h>

#define XML_LIMIT 0x100000u /* 1 MiB */

static rh_status damaged(rh_error *error, const char *what) {
  rh_error_set(error, RH_ERR_FORMAT, MACHINE_XML, "%s", what);
  rh_error_hint(error, "correct the file, or remove it: MAC addresses are then not shown");
  return RH_ERR_FORMAT;
}

/* Twelve hex digits, with "-" or ":" between pairs or without, as "00-11-22-33-44-55". */
static bool read_mac(char out[18], const char *text) {
  size_t at = 0;
  for (size_t i = 0; i < 6; i++) {
    if (i > 0 && (text[at] == '-' || text[at] == ':'))
      at++;
    for (size_t half = 0; half < 2; half++, at++) {
      static const char digits[] = "0123456789ABCDEF";
      char sign = text[at];
      if (sign >= 'a' && sign <= 'f')
        sign = (char)(sign - 32);
      if (!sign || !strchr(digits, sign))
        return false;
      out[i * 3 + half] = sign;
    }
    out[i * 3 + 2] = i < 5 ? '-' : '\0';
  }
  return text[at] == '\0';
}

static rh_status take_adapter(rh_interface_list *interfaces, xmlNodePtr node, rh_error *error) {
  xmlChar *guid = xmlGetNoNsProp(node, BAD_CAST "guid");
  xmlChar *mac = xmlGetNoNsProp(node, BAD_CAST "mac");
  char text[18];
  rh_status status = RH_OK;
  if (!guid || !mac || !read_mac(text, (const char *)mac))
    status = damaged(error, "an adapter has no guid, or its mac is not a MAC address");
  for (size_t i = 0; status == RH_OK && i < interfaces->count; i++) {
    rh_interface *interface = &interfaces->items[i];
    if (!rh_name_equal(interface->guid, (const char *)guid))
      continue;
    rh_free(interface->mac);
    interface->mac = rh_copy_text(text);
    if (!interface->mac)
      status = rh_error_memory(error);
  }
  xmlFree(guid);
  xmlFree(mac);
  return status;
}

static rh_status take_document(rh_interface_list *interfaces, xmlDocPtr document, rh_error *error) {
  xmlNodePtr root = document ? xmlDocGetRootElement(document) : NULL;
  if (!root)
    return damaged(error, "is not well-formed XML");
  if (document->intSubset || document->extSubset)
    return damaged(error, "has a document type, which is not allowed");
  if (xmlStrcmp(root->name, BAD_CAST "machine") != 0)
    return damaged(error, "its root element is not \"machine\"");
  rh_status status = RH_OK;
  for (xmlNodePtr node = root->children; status == RH_OK && node; node = node->next) {
    if (node->type == XML_ELEMENT_NODE && xmlStrcmp(node->name, BAD_CAST "adapter") == 0)
      status = take_adapter(interfaces, node, error);
  }
  return status;
}

rh_status machine_xml_apply(rh_machine *machine, rh_interface_list *interfaces, rh_error *error) {
  rh_buffer text = {0};
  rh_status status = rh_machine_file_read(machine, MACHINE_XML, &text, error);
  if (status == RH_ERR_NOT_FOUND)
    return RH_OK;
  if (status == RH_OK && text.len > XML_LIMIT)
    status = damaged(error, "is larger than 1 MiB");
  if (status == RH_OK) {
    xmlDocPtr document = xmlReadMemory((const char *)text.data, (int)text.len, MACHINE_XML, NULL,
                                       XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    status = take_document(interfaces, document, error);
    xmlFreeDoc(document);
  }
  rh_buffer_dispose(&text);
  return status;
}
