/* The file in which a user says which interface becomes which. */
#include "interface/interface.h"

#include "base/text.h"

#include <string.h>

/* A line that is being read. */
typedef struct line_reader {
  const char *label;
  size_t number;
  const char *at, *end;
} line_reader;

static rh_status wrong(rh_error *error, const line_reader *line, const char *cause) {
  rh_error_set(error, RH_ERR_FORMAT, line->label, "line %zu: %s", line->number, cause);
  rh_error_hint(error, "write each line as SOURCE = DESTINATION, with quotes around a name that "
                       "holds \"=\" or begins with \"#\"");
  return RH_ERR_FORMAT;
}

static bool is_blank(char sign) {
  return sign == ' ' || sign == '\t' || sign == '\r';
}

static void skip_blanks(line_reader *line) {
  while (line->at < line->end && is_blank(*line->at))
    line->at++;
}

static rh_status copy_name(char **out, const char *start, const char *end, rh_error *error) {
  *out = rh_copy_bytes(start, (size_t)(end - start));
  return *out ? RH_OK : rh_error_memory(error);
}

/* A name in quotes or without, up to an equals sign or the line's end. */
static rh_status read_name(char **out, line_reader *line, rh_error *error) {
  skip_blanks(line);
  const char *start = line->at;
  if (start < line->end && *start == '"') {
    const char *close = memchr(start + 1, '"', (size_t)(line->end - start - 1));
    if (!close)
      return wrong(error, line, "a quote is not closed");
    line->at = close + 1;
    skip_blanks(line);
    if (line->at < line->end && *line->at != '=')
      return wrong(error, line, "something follows a name in quotes");
    return copy_name(out, start + 1, close, error);
  }
  const char *end = memchr(start, '=', (size_t)(line->end - start));
  line->at = end = end ? end : line->end;
  while (end > start && is_blank(end[-1]))
    end--;
  return copy_name(out, start, end, error);
}

static rh_status read_entry(rh_map_entry *out, line_reader *line, rh_error *error) {
  rh_status status = read_name(&out->source, line, error);
  if (status != RH_OK)
    return status;
  if (line->at == line->end)
    return wrong(error, line, "there is no \"=\"");
  if (out->source[0] == '\0')
    return wrong(error, line, "there is no name before \"=\"");
  line->at++;
  status = read_name(&out->destination, line, error);
  if (status == RH_OK && line->at < line->end)
    status = wrong(error, line, "there is a second \"=\"");
  return status;
}

static rh_status read_line(rh_map_entry **entries, size_t *count, line_reader *line,
                           rh_error *error) {
  if (!rh_utf8_is_valid(line->at, (size_t)(line->end - line->at)) ||
      memchr(line->at, '\0', (size_t)(line->end - line->at)))
    return wrong(error, line, "it is not UTF-8 text");
  skip_blanks(line);
  if (line->at == line->end || *line->at == '#')
    return RH_OK;
  rh_map_entry *grown = rh_resize(*entries, *count + 1, sizeof *grown);
  if (!grown)
    return rh_error_memory(error);
  *entries = grown;
  grown[*count] = (rh_map_entry){0};
  return read_entry(&grown[(*count)++], line, error);
}

rh_status rh_map_read(rh_map_entry **out, size_t *count, const char *text, size_t len,
                      const char *label, rh_error *error) {
  static const char mark[] = "\xEF\xBB\xBF";
  *out = NULL;
  *count = 0;
  rh_map_entry *entries = NULL;
  size_t entry_count = 0;
  rh_status status = RH_OK;
  size_t start = len >= 3 && memcmp(text, mark, 3) == 0 ? 3 : 0;
  for (size_t number = 1; start < len && status == RH_OK; number++) {
    const char *end = memchr(text + start, '\n', len - start);
    line_reader line = {label, number, text + start, end ? end : text + len};
    start = (size_t)(line.end - text) + 1;
    status = read_line(&entries, &entry_count, &line, error);
  }
  if (status != RH_OK) {
    rh_map_entries_free(entries, entry_count);
    return status;
  }
  *out = entries;
  *count = entry_count;
  return RH_OK;
}

void rh_map_entries_free(rh_map_entry *entries, size_t count) {
  for (size_t i = 0; i < count; i++) {
    rh_free(entries[i].source);
    rh_free(entries[i].destination);
  }
  rh_free(entries);
}
