/* Certificates that the user gives as files: opened once, for a plan; what is no secret of them
 * goes into it. */
#include "base/hash.h"
#include "certificate/pkcs12.h"
#include "command/command.h"

#include <string.h>

static rh_status hex_of(json_t **out, const rh_certificate *certificate, rh_error *error) {
  rh_buffer hex = {0};
  rh_status status = rh_buffer_append_hex(&hex, certificate->der, certificate->der_len, error);
  *out = status == RH_OK ? json_pack("{s:s, s:s}", "thumbprint", certificate->thumbprint, "der",
                                     rh_buffer_text(&hex))
                         : NULL;
  rh_buffer_dispose(&hex);
  if (status == RH_OK && !*out)
    status = rh_error_memory(error);
  return status;
}

static rh_status refuse_twin(const json_t *list, const rh_certificate *certificate,
                             const char *path, rh_error *error) {
  size_t index;
  json_t *item;
  json_array_foreach(list, index, item) {
    const json_t *other = json_object_get(json_object_get(item, "certificate"), "thumbprint");
    if (strcmp(json_string_value(other), certificate->thumbprint) != 0)
      continue;
    rh_error_set(error, RH_ERR_ARGUMENT, path, "holds the certificate %s, and so does %s",
                 certificate->thumbprint, json_string_value(json_object_get(item, "path")));
    rh_error_hint(error, "give each certificate once");
    return RH_ERR_ARGUMENT;
  }
  return RH_OK;
}

/* {"path", "sha256" of the file, "modern", "certificate": {"thumbprint", "der"}, "chain": [{...}]}
 */
static rh_status add(json_t *list, const char *path, const rh_buffer *file, const rh_pkcs12 *opened,
                     rh_error *error) {
  char sha256[RH_SHA256_HEX];
  char *absolute = NULL;
  json_t *one = NULL, *chain = json_array();
  rh_status status = refuse_twin(list, opened->certificate, path, error);
  if (status == RH_OK)
    status = rh_sha256_hex(sha256, file->data, file->len, error);
  if (status == RH_OK)
    status = rh_platform_absolute(&absolute, path, error);
  for (size_t i = 0; status == RH_OK && i < opened->chain.count; i++) {
    status = hex_of(&one, opened->chain.items[i], error);
    if (status == RH_OK && json_array_append_new(chain, one))
      status = rh_error_memory(error);
  }
  if (status == RH_OK)
    status = hex_of(&one, opened->certificate, error);
  if (status == RH_OK &&
      json_array_append_new(list, json_pack("{s:s, s:s, s:b, s:o, s:O}", "path", absolute, "sha256",
                                            sha256, "modern", opened->modern, "certificate", one,
                                            "chain", chain)))
    status = rh_error_set(error, RH_ERR_ARGUMENT, path, "is a path that is not UTF-8");
  json_decref(chain);
  rh_free(absolute);
  return status;
}

/* Line `index` of the password file; a file of one line has the password of all. Line ends of both
 * systems are none of the password. */
static rh_status password_line(rh_buffer *out, rh_cli *cli, const rh_buffer *text, size_t index,
                               rh_error *error) {
  const char *line = rh_buffer_text(text);
  size_t lines = 1;
  for (const char *sign = line; (sign = strchr(sign, '\n')) && sign[1]; sign++)
    lines++;
  if (lines > 1 && lines != cli->certificates.count) {
    rh_error_set(error, RH_ERR_ARGUMENT, cli->certificate_password_file,
                 "has %zu lines for %zu certificate files", lines, cli->certificates.count);
    rh_error_hint(error, "write one line a file, in the order of --certificate, or one for all");
    return RH_ERR_ARGUMENT;
  }
  for (size_t i = 0; lines > 1 && i < index; i++)
    line = strchr(line, '\n') + 1;
  return rh_buffer_append(out, line, strcspn(line, "\r\n"), error);
}

static rh_status ask(rh_buffer *out, const char *path, rh_error *error) {
  rh_buffer prompt = {0};
  rh_status status =
      rh_buffer_printf(&prompt, error, "Password of %s: ", rh_platform_base_name(path));
  if (status == RH_OK)
    status = rh_platform_ask_secret(out, rh_buffer_text(&prompt), error);
  rh_buffer_dispose(&prompt);
  return status;
}

/* Without a file of passwords: none is tried first, then somebody is asked. */
static rh_status open_file(rh_cli *cli, rh_pkcs12 *out, const rh_buffer *file,
                           const rh_buffer *passwords, size_t index, rh_error *error) {
  const char *path = cli->certificates.items[index];
  rh_buffer password = {0};
  rh_status status = RH_OK;
  if (cli->certificate_password_file)
    status = password_line(&password, cli, passwords, index, error);
  if (status == RH_OK)
    status = rh_pkcs12_read(out, file->data, file->len, rh_buffer_text(&password), path, error);
  bool can_ask =
      !cli->certificate_password_file && !cli->unattended && rh_platform_is_terminal(stdin);
  if (status == RH_ERR_SEALED && can_ask) {
    rh_pkcs12_dispose(out);
    status = ask(&password, path, error);
    if (status == RH_OK)
      status = rh_pkcs12_read(out, file->data, file->len, rh_buffer_text(&password), path, error);
  } else if (status == RH_ERR_SEALED && !cli->certificate_password_file) {
    rh_error_hint(error, "give its password with --certificate-password-file FILE");
  }
  rh_buffer_dispose_secret(&password);
  return status;
}

rh_status rh_read_certificates(rh_cli *cli, json_t **out, rh_error *error) {
  rh_buffer passwords = {0};
  rh_status status = RH_OK;
  *out = json_array();
  if (cli->certificate_password_file && cli->certificates.count == 0) {
    status = rh_error_set(error, RH_ERR_ARGUMENT, cli->certificate_password_file,
                          "is of no use without --certificate FILE");
  } else if (cli->certificate_password_file) {
    status = rh_read_text(&passwords, cli->certificate_password_file, 65536, error);
  }
  for (size_t i = 0; status == RH_OK && i < cli->certificates.count; i++) {
    rh_buffer file = {0};
    rh_pkcs12 opened = {0};
    status = rh_file_read(&file, cli->certificates.items[i], RH_PKCS12_FILE_LIMIT, error);
    if (status == RH_OK)
      status = open_file(cli, &opened, &file, &passwords, i, error);
    if (status == RH_OK)
      status = add(*out, cli->certificates.items[i], &file, &opened, error);
    rh_pkcs12_dispose(&opened);
    rh_buffer_dispose_secret(&file);
  }
  rh_buffer_dispose_secret(&passwords);
  return status;
}
