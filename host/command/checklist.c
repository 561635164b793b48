/* Manual steps as a checklist: Markdown, or one HTML page that needs nothing else. */
#include "command/command.h"

#include <string.h>

typedef struct checklist {
  rh_buffer *out;
  bool html;
} checklist;

static const char *text_of(const json_t *object, const char *name) {
  const char *text = json_string_value(json_object_get(object, name));
  return text ? text : "";
}

/* Texts hold names from servers: none of them may turn into markup. */
static rh_status add_text(const checklist *self, const char *text, rh_error *error) {
  rh_status status = RH_OK;
  for (; status == RH_OK && *text; text++) {
    char sign = *text;
    if (self->html && strchr("<>&\"'", sign))
      status = rh_buffer_printf(self->out, error, "&#%d;", sign);
    else if (!self->html && strchr("\\`*_[]<>#|&", sign))
      status = rh_buffer_printf(self->out, error, "\\%c", sign);
    else if (sign == '\n')
      status = rh_buffer_append_text(self->out, self->html ? "<br>\n" : "\n      ", error);
    else
      status = rh_buffer_append(self->out, &sign, 1, error);
  }
  return status;
}

/* Adds pieces until NULL: those at odd places are texts, the others markup. */
static rh_status add(const checklist *self, rh_error *error, const char *const *pieces) {
  rh_status status = RH_OK;
  for (size_t i = 0; status == RH_OK && pieces[i]; i++)
    status = i % 2 ? add_text(self, pieces[i], error)
                   : rh_buffer_append_text(self->out, pieces[i], error);
  return status;
}
#define ADD(...) add(self, error, (const char *const[]){__VA_ARGS__, NULL})

static rh_status add_evidence(const checklist *self, const json_t *step, rh_error *error) {
  const json_t *evidence = json_object_get(step, "evidence");
  if (!evidence)
    return RH_OK;
  const char *state = text_of(step, "state"), *by = text_of(evidence, "by"),
             *time = text_of(evidence, "time"), *note = text_of(evidence, "note");
  return ADD(self->html ? "<p class=\"evidence\">" : "\n      ", state, ", by ", by,
             *time ? ", " : "", time, *note ? ": " : "", note, self->html ? "</p>\n" : "\n");
}

static rh_status add_details(const checklist *self, const json_t *details, rh_error *error) {
  rh_status status = RH_OK;
  size_t index;
  json_t *detail;
  if (json_array_size(details) == 0)
    return RH_OK;
  if (self->html)
    status = rh_buffer_append_text(self->out, "<ul>\n", error);
  json_array_foreach(details, index, detail) {
    const char *text = json_string_value(detail);
    if (status == RH_OK)
      status =
          ADD(self->html ? "<li>" : "      - ", text ? text : "", self->html ? "</li>\n" : "\n");
  }
  if (status == RH_OK && self->html)
    status = rh_buffer_append_text(self->out, "</ul>\n", error);
  return status;
}

static const char *guide_of(const json_t *step) {
  const json_t *guide = json_object_get(step, "guide");
  const char *id =
      json_is_array(guide) ? json_string_value(json_array_get(guide, 0)) : json_string_value(guide);
  return id ? id : "";
}

static rh_status add_step(const checklist *self, const json_t *step, rh_error *error) {
  bool settled = !rh_manual_is_open(step);
  const char *title = text_of(step, "title"), *guide = guide_of(step), *on = text_of(step, "on"),
             *id = text_of(step, "id"), *text = text_of(step, "text");
  rh_status status = self->html ? ADD(settled ? "<li><input type=\"checkbox\" checked disabled> <b>"
                                              : "<li><input type=\"checkbox\"> <b>",
                                      title, "</b> (", guide, ", ", on, ") <code>", id,
                                      "</code><p>", text, "</p>\n")
                                : ADD(settled ? "- [x] **" : "- [ ] **", title, "** (", guide, ", ",
                                      on, ", ", id, ")\n\n      ", text, "\n");
  if (status == RH_OK)
    status = add_details(self, json_object_get(step, "details"), error);
  if (status == RH_OK)
    status = add_evidence(self, step, error);
  return status == RH_OK ? rh_buffer_append_text(self->out, self->html ? "</li>\n" : "\n", error)
                         : status;
}

static rh_status add_phase(const checklist *self, const json_t *manual, const char *phase,
                           rh_error *error) {
  rh_status status = RH_OK;
  size_t index;
  json_t *step;
  bool titled = false;
  json_array_foreach(manual, index, step) {
    if (status != RH_OK || strcmp(text_of(step, "phase"), phase) != 0)
      continue;
    if (!titled)
      status = self->html ? ADD("<h2>", phase, " the apply</h2>\n<ul class=\"steps\">\n")
                          : ADD("## ", phase, " the apply\n\n");
    titled = true;
    if (status == RH_OK)
      status = add_step(self, step, error);
  }
  if (status == RH_OK && titled && self->html)
    status = rh_buffer_append_text(self->out, "</ul>\n", error);
  return status;
}

rh_status rh_checklist(rh_buffer *out, const json_t *manual, const char *title, bool html,
                       rh_error *error) {
  checklist made = {out, html}, *self = &made;
  rh_status status =
      html ? ADD("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>", title,
                 "</title>\n<style>body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto}"
                 "ul.steps{list-style:none;padding:0}.evidence{color:#555}</style></head><body>\n"
                 "<h1>",
                 title, "</h1>\n")
           : ADD("# ", title, "\n\n");
  if (status == RH_OK)
    status = add_phase(self, manual, "before", error);
  if (status == RH_OK)
    status = add_phase(self, manual, "after", error);
  if (status == RH_OK && html)
    status = rh_buffer_append_text(out, "</body></html>\n", error);
  return status;
}
