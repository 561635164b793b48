/* Where the elements of an XML document stand, byte by byte: what is needed to change one and leave
 * the rest as it is.
 *
 * This is no parser: it does not know whether the document is well-formed. xml.c asks libxml2
 * that, and refuses a document in which the two see different elements. Source: XML 1.0 (fifth
 * edition), productions 1, 15 to 21, 39 to 44. */
#ifndef RH_SCRIPT_BIND_XML_SCAN_H
#define RH_SCRIPT_BIND_XML_SCAN_H

#include "base/memory.h"

#define XML_MAX_LEN ((size_t)64 * 1024 * 1024)
#define XML_MAX_DEPTH 64
#define XML_MAX_ELEMENTS 200000
#define XML_MAX_ATTRIBUTES 256 /* of one element */
#define XML_NO_PARENT ((size_t)-1)

/* Offsets into the document. An empty element (<a/>) has inner = inner_end = end. */
typedef struct xml_element {
  size_t start, end;       /* "<" of the start tag; behind ">" of the end tag */
  size_t inner, inner_end; /* what is between the tags */
  size_t name, name_len;   /* as written, prefix included */
  size_t parent;           /* index, XML_NO_PARENT for the root */
  size_t attributes;       /* count, declarations of namespaces included */
  size_t strings;          /* for the caller */
  bool is_empty;           /* written <a/> */
} xml_element;

/* Appends the elements in document order. RH_ERR_UNSUPPORTED for a document type, RH_ERR_LIMIT for
 * one of the limits, RH_ERR_FORMAT when the tags do not fit together; messages tell a line and
 * never quote the document, which may hold secrets. */
rh_status xml_scan(rh_buffer *out, const char *text, size_t len, rh_error *error);

/* RH_ERR_FORMAT "line N: message" for the place at an offset. */
rh_status xml_fail(rh_error *error, rh_status code, const char *text, size_t at,
                   const char *message);

#endif
