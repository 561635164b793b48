/* Which files of a machine are private: no playbook reads, writes or captures them, whatever it
 * declares. By name wherever they lie, by what is in them, and by whose second name they are.
 *
 * The places are those of Windows [general knowledge; for NTDS, unattend.xml and Panther: Microsoft
 * Learn], in any folder, since Windows.old, shadow copies and backups repeat them. */
#include "machine/internal.h"

#include "base/reader.h"
#include "base/text.h"

#include <string.h>

#define HIVES                                                                                      \
  "is a registry hive, or belongs to one, or is a copy: it holds password hashes and secrets"
#define DIRECTORY "belongs to the database of Active Directory, which holds password hashes"
#define KEYS "belongs to the keys and credentials that Windows protects"
#define ANSWERS "belongs to the answers of Windows' setup, which may hold passwords"
#define SHADOWS "belongs to the volume's shadow copies, which hold everything"
#define MEMORY "holds memory of the system, and passwords with it"

static const struct {
  const char *pattern; /* of the image-relative path, without case */
  const char *rule;
} private_files[] = {
    {"**/System32/config/**", HIVES},
    {"**/RegBack/**", HIVES},
    {"**/Windows*/repair/**", HIVES},
    {"**/WINNT*/repair/**", HIVES},
    {"**/SAM", HIVES},
    {"**/SAM.LOG*", HIVES},
    {"**/SAM.bak", HIVES},
    {"**/SAM.old", HIVES},
    {"**/SAM.sav", HIVES},
    {"**/SAM.hiv", HIVES},
    {"**/SECURITY.LOG*", HIVES},
    {"**/SECURITY.bak", HIVES},
    {"**/SECURITY.old", HIVES},
    {"**/SECURITY.sav", HIVES},
    {"**/SECURITY.hiv", HIVES},
    {"**/SYSTEM.LOG*", HIVES},
    {"**/SYSTEM.alt", HIVES},
    {"**/SYSTEM.bak", HIVES},
    {"**/SYSTEM.old", HIVES},
    {"**/SYSTEM.sav", HIVES},
    {"**/SYSTEM.hiv", HIVES},
    {"**/NTUSER.DAT*", HIVES},
    {"**/NTUSER.MAN*", HIVES},
    {"**/UsrClass.dat*", HIVES},
    {"**/NTDS/**", DIRECTORY},
    {"**/ntds.dit*", DIRECTORY},
    {"**/Microsoft/Crypto/**", KEYS},
    {"**/Microsoft/Protect/**", KEYS},
    {"**/Microsoft/Credentials/**", KEYS},
    {"**/Microsoft/Vault/**", KEYS},
    {"**/Panther/**", ANSWERS},
    {"**/System32/sysprep/**", ANSWERS},
    {"**/unattend*.xml", ANSWERS},
    {"**/unattend*.txt", ANSWERS},
    {"**/autounattend*.xml", ANSWERS},
    {"**/sysprep.inf", ANSWERS},
    {"**/sysprep.xml", ANSWERS},
    {"**/winnt.sif", ANSWERS},
    {"**/System Volume Information/**", SHADOWS},
    {"**/pagefile.sys", MEMORY},
    {"**/swapfile.sys", MEMORY},
    {"**/hiberfil.sys", MEMORY},
    {"**/*.dmp", MEMORY},
};

/* Where Windows keeps those that another file can be a second name of. */
static const char *const private_folders[] = {
    "%SystemRoot%/System32/config",
    "%SystemRoot%/repair",
    "%SystemRoot%/NTDS",
    "%SystemRoot%/Panther",
    "%SystemRoot%/System32/sysprep",
    "%SystemRoot%/System32/Microsoft/Protect",
    "%ALLUSERSPROFILE%/Microsoft/Crypto",
    "%ALLUSERSPROFILE%/Application Data/Microsoft/Crypto",
    "%ALLUSERSPROFILE%/Microsoft/Protect",
    "%ALLUSERSPROFILE%/Microsoft/Vault",
    "Windows.old/Windows/System32/config",
};

static const char *rule_of_name(const char *path) {
  for (size_t i = 0; i < sizeof private_files / sizeof *private_files; i++)
    if (machine_glob_match(private_files[i].pattern, path))
      return private_files[i].rule;
  return NULL;
}

/* --- by content --- */

#define ESE_SIGNATURE 0x89ABCDEFu              /* at 4: libesedb's description of the format */
#define CATALOG_MAX ((size_t)16 * 1024 * 1024) /* how far the names of tables are looked for */

/* "hiddentable" is a table of ntds.dit alone; other databases of this sort (DHCP, WINS) are data of
 * their roles [libesedb; unverified: how far back its name may lie]. */
static const char *rule_of_content(const unsigned char *data, size_t len) {
  static const char table[] = "hiddentable";
  if (len >= 4 && memcmp(data, "regf", 4) == 0)
    return HIVES;
  if (len < 8 || rh_load_u32(data + 4) != ESE_SIGNATURE)
    return NULL;
  for (const unsigned char *at = data; (size_t)(data + len - at) >= sizeof table - 1; at++) {
    at = memchr(at, table[0], (size_t)(data + len - at) - (sizeof table - 2));
    if (!at)
      return NULL;
    if (memcmp(at, table, sizeof table - 1) == 0)
      return DIRECTORY;
  }
  return NULL;
}

static const char *rule_of_file(const char *path) {
  rh_mapping view = {0};
  if (rh_platform_map(&view, path, NULL) != RH_OK)
    return NULL; /* and so it cannot be read */
  const char *rule = rule_of_content(view.data, view.len < CATALOG_MAX ? view.len : CATALOG_MAX);
  rh_platform_unmap(&view);
  return rule;
}

/* --- by whose second name it is --- */

static rh_status take_private(rh_machine *image, const char *name, rh_error *error) {
  machine_private_files *list = &image->private_files;
  char *path = NULL;
  rh_file_info info;
  if (!rule_of_name(name))
    return RH_OK;
  rh_status status = machine_image_path(&path, image, name, error);
  machine_private_file *items =
      status == RH_OK ? rh_resize(list->items, list->count + 1, sizeof *items) : NULL;
  if (items)
    list->items = items;
  if (status == RH_OK && !items)
    status = rh_error_memory(error);
  if (status == RH_OK && rh_platform_info(path, &info, NULL) == RH_OK)
    items[list->count++] = (machine_private_file){info.volume, info.serial, rule_of_name(name)};
  rh_free(path);
  return status;
}

static void look_for_private(rh_machine *image) {
  image->private_files.known = true;
  for (size_t i = 0; i < sizeof private_folders / sizeof *private_folders; i++) {
    rh_name_list names = {0};
    rh_machine_file_list(image, private_folders[i], &names, NULL); /* none: none are there */
    for (size_t j = 0; j < names.count; j++)
      take_private(image, names.names[j], NULL);
    rh_name_list_dispose(&names);
  }
}

static const char *rule_of_link(rh_machine *image, const rh_file_info *file) {
  if (!image->private_files.known)
    look_for_private(image);
  for (size_t i = 0; i < image->private_files.count; i++) {
    const machine_private_file *item = &image->private_files.items[i];
    if (item->volume == file->volume && item->serial == file->serial)
      return item->rule;
  }
  return NULL;
}

static const char *rule_in_image(rh_machine *image, const char *path) {
  char *target = NULL;
  rh_file_info info;
  const char *rule = NULL;
  if (machine_image_path(&target, image, path, NULL) == RH_OK &&
      rh_platform_info(target, &info, NULL) == RH_OK && info.kind == RH_FILE_REGULAR) {
    rule = rule_of_file(target);
    if (!rule && info.links > 1)
      rule = rule_of_link(image, &info);
  }
  rh_free(target);
  return rule;
}

static const char *rule_of_located(rh_machine *machine, const char *path) {
  rh_buffer data = {0};
  if (machine->kind == RH_MACHINE_IMAGE)
    return rule_in_image(machine, path);
  const char *rule = NULL;
  if (machine->backend->read && machine->backend->read(machine, path, &data, NULL) == RH_OK)
    rule = rule_of_content(data.data, data.len < CATALOG_MAX ? data.len : CATALOG_MAX);
  rh_buffer_dispose_secret(&data);
  return rule;
}

const char *rh_machine_private_file(rh_machine *machine, const char *path) {
  rh_buffer found = {0};
  machine_entry entry = MACHINE_NOTHING;
  while (machine->base) /* what an overlay holds is what a playbook wrote */
    machine = machine->base;
  bool known = machine_path_normalise(&found, machine, path, false, NULL) == RH_OK;
  const char *rule = known ? rule_of_name(rh_buffer_text(&found)) : NULL;
  /* Another spelling, a short name for example, may be what was asked for. */
  if (known && !rule && machine->backend->locate(machine, &found, &entry, NULL) == RH_OK)
    rule = rule_of_name(rh_buffer_text(&found));
  if (!rule && entry == MACHINE_FILE)
    rule = rule_of_located(machine, rh_buffer_text(&found));
  rh_buffer_dispose(&found);
  return rule;
}
