/* .reg text: reading into and writing from any registry.
 *
 * Reads "Windows Registry Editor Version 5.00" (UTF-16LE with mark or without, or 8-bit UTF-8) and
 * REGEDIT4 (8-bit text in a code page, in which the bytes of hex(1), hex(2) and hex(7) are text
 * too), line ends CRLF or LF. Short root names (HKLM) and hivexregedit's str(n):"text" are accepted
 * beside what regedit writes. Writes version 5.00 as regedit does: UTF-16LE with mark, CRLF, keys
 * in the registry's order. Class names, security and times have no form in .reg text.
 *
 * Source of the syntax: published .reg files and regedit's behaviour (general knowledge where no
 * file shows it). */
#ifndef RH_REGISTRY_TEXT_REGTEXT_H
#define RH_REGISTRY_TEXT_REGTEXT_H

#include "registry/registry.h"

typedef struct rh_regtext_read_options {
  /* Text before the registry's root in the file's key names, compared without case:
   * "HKEY_LOCAL_MACHINE\\SYSTEM"; "" for names that begin with a backslash, as hivexregedit writes
   * them. Keys outside it are refused with their line, or skipped. NULL = chosen by the file's
   * first key: its first two components below HKEY_LOCAL_MACHINE and HKEY_USERS, else the first. */
  const char *prefix;
  bool skip_other_keys;
  /* What a component CurrentControlSet right below the prefix becomes; NULL = what Select\\Current
   * of the registry names (control_set.h). */
  const char *control_set;
  /* Reads nothing but this key of the registry, by its path, and what is below it. */
  const char *only;
  /* For text with keys of several hives: gives the registry of HKEY_LOCAL_MACHINE\\NAME, NULL where
   * there is none. The prefix and the registry that is read into are not used then. */
  rh_status (*hive_of)(void *payload, const char *name, size_t len, rh_registry **out,
                       rh_error *error);
  void *payload;
  unsigned code_page; /* of 8-bit strings in REGEDIT4: 0 = 1252 (base/code_page.h) */
} rh_regtext_read_options;

typedef struct rh_regtext_counts {
  size_t keys, values, deleted_keys, deleted_values, skipped_keys;
} rh_regtext_counts;

/* Applies .reg text to a registry, line by line: a later line wins, [-KEY] and "name"=- of what is
 * not there are no errors. RH_ERR_FORMAT for text that is not .reg, RH_ERR_ARGUMENT for a key
 * outside the prefix, RH_ERR_NOT_FOUND
 * for CurrentControlSet in a registry that does not say which it is. An error names line and column
 * (in characters, from 1); what came before it is applied (read into an overlay or a hive that is
 * then thrown away). counts may be NULL: keys and values are lines, not distinct objects; deleted
 * ones were there. */
rh_status rh_regtext_read(rh_registry *registry, const void *data, size_t len, const char *label,
                          const rh_regtext_read_options *options, rh_regtext_counts *counts,
                          rh_error *error);

/* The same from a source that gives the file piece by piece: up to capacity bytes into out, *len 0
 * at the end. Memory is needed for the longest value, not for the file. */
typedef rh_status rh_regtext_pull(void *payload, void *out, size_t capacity, size_t *len,
                                  rh_error *error);
rh_status rh_regtext_read_stream(rh_registry *registry, rh_regtext_pull *pull, void *payload,
                                 const char *label, const rh_regtext_read_options *options,
                                 rh_regtext_counts *counts, rh_error *error);

/* Receives encoded bytes in pieces. */
typedef rh_status rh_regtext_sink(void *payload, const void *data, size_t len, rh_error *error);

/* Writes key and what is below it; prefix stands before its path ("" or NULL as above). A string is
 * quoted only when it ends in exactly one NUL, holds no control character and is valid UTF-16, and
 * is hex(1) otherwise, so that what is written reads back as the same bytes. RH_ERR_UNSUPPORTED,
 * naming the key, for a name with CR, LF or NUL, which the text cannot express; RH_ERR_FORMAT for
 * damage. */
rh_status rh_regtext_write(rh_registry *registry, rh_key key, const char *prefix,
                           rh_regtext_sink *write, void *payload, rh_error *error);

/* The same line by line, deletions too: keys by their path behind the prefix ("" or "\\A\\B"),
 * values of the key that was written last. prefix and label (for errors) are borrowed. */
typedef struct rh_regtext_writer rh_regtext_writer;
rh_status rh_regtext_writer_open(rh_regtext_writer **out, const char *prefix, const char *label,
                                 rh_regtext_sink *write, void *payload, rh_error *error);
rh_status rh_regtext_writer_key(rh_regtext_writer *writer, const char *path, size_t len,
                                bool deletes, rh_error *error);
/* path names the key in errors. */
rh_status rh_regtext_writer_value(rh_regtext_writer *writer, const char *path, size_t path_len,
                                  const rh_value *value, bool deletes, rh_error *error);
/* text is one line. */
rh_status rh_regtext_writer_comment(rh_regtext_writer *writer, const char *text, size_t len,
                                    rh_error *error);
/* Writes what is left. */
rh_status rh_regtext_writer_close(rh_regtext_writer *writer, rh_error *error);
void rh_regtext_writer_free(rh_regtext_writer *writer); /* NULL allowed */

#endif
