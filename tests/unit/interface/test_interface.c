/* Interfaces: what is read of them, what is a card, and real machines. */
#define _POSIX_C_SOURCE 200809L
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "data_file.h"
#include "interface/system_fixture.h"

static void test_static_card(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  const char *lower = "{aaaaaaaa-0000-4000-8000-000000000001}";
  set_text(hive, CONNECTION, lower, "Name", "Síť 1");
  set_text(hive, CONNECTION, lower, "PnpInstanceID", "PCI\\VEN_8086\\1");
  set_text(hive, ADAPTER, "0007", "NetCfgInstanceId", GUID_A);
  set_text(hive, ADAPTER, "0007", "DriverDesc", "Intel(R) PRO/1000");
  set_text(hive, ADAPTER, "0007", "ComponentId", "pci\\ven_8086");
  set_number(hive, TCPIP, GUID_A, "EnableDHCP", 0);
  set_units(hive, TCPIP, GUID_A, "IPAddress", RH_REG_MULTI_SZ, "10.0.0.5|10.0.1.5||");
  set_units(hive, TCPIP, GUID_A, "SubnetMask", RH_REG_MULTI_SZ, "255.255.255.0|255.255.0.0||");
  set_one(hive, TCPIP, GUID_A, "DefaultGateway", "10.0.0.1");
  set_text(hive, TCPIP, GUID_A, "NameServer", "10.0.0.2,10.0.0.3");
  set_text(hive, TCPIP, GUID_A, "DhcpIPAddress", "192.0.2.1"); /* of an old lease */
  set_text(hive, TCPIP, GUID_A, "DhcpNameServer", "192.0.2.2");
  rh_interface_list list = read_list(hive, "CS");
  assert_int_equal(list.count, 1);
  const rh_interface *one = &list.items[0];
  assert_string_equal(one->guid, GUID_A);
  assert_string_equal(one->name, "Síť 1");
  assert_string_equal(one->description, "Intel(R) PRO/1000");
  assert_string_equal(one->pnp_id, "PCI\\VEN_8086\\1");
  assert_true(one->is_card);
  assert_false(one->uses_dhcp);
  assert_int_equal(one->addresses.count, 2);
  assert_string_equal(one->addresses.items[0], "10.0.0.5");
  assert_string_equal(one->addresses.items[1], "10.0.1.5");
  assert_int_equal(one->masks.count, 2);
  assert_string_equal(one->masks.items[1], "255.255.0.0");
  assert_int_equal(one->gateways.count, 1);
  assert_string_equal(one->gateways.items[0], "10.0.0.1");
  assert_int_equal(one->dns_servers.count, 2);
  assert_string_equal(one->dns_servers.items[0], "10.0.0.2");
  assert_string_equal(one->dns_servers.items[1], "10.0.0.3");
  assert_null(one->mac);
  assert_ptr_equal(rh_interface_by_guid(&list, lower), one);
  assert_ptr_equal(rh_interface_by_name(&list, "SÍŤ 1"), one);
  assert_null(rh_interface_by_name(&list, "Síť"));
  assert_null(rh_interface_by_guid(&list, GUID_B));
  rh_interface_list_dispose(&list);
  assert_int_equal(list.count, 0);
  rh_hive_free(hive);
}

static void test_dhcp_card(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_card(hive, GUID_A, "LAN", "0.0.0.0");
  set_number(hive, TCPIP, GUID_A, "EnableDHCP", 1);
  set_text(hive, TCPIP, GUID_A, "NameServer", "");
  set_text(hive, TCPIP, GUID_A, "DhcpIPAddress", "192.168.56.103");
  set_text(hive, TCPIP, GUID_A, "DhcpSubnetMask", "255.255.255.0");
  set_one(hive, TCPIP, GUID_A, "DhcpDefaultGateway", "192.168.56.1");
  set_text(hive, TCPIP, GUID_A, "DhcpNameServer", "192.168.56.2 192.168.56.3");
  add_card(hive, GUID_B, "LAN with fixed servers", NULL);
  set_number(hive, TCPIP, GUID_B, "EnableDHCP", 1);
  set_text(hive, TCPIP, GUID_B, "NameServer", "10.9.9.9");
  set_text(hive, TCPIP, GUID_B, "DhcpNameServer", "192.168.56.2");
  rh_interface_list list = read_list(hive, "CS");
  const rh_interface *one = rh_interface_by_guid(&list, GUID_A);
  assert_true(one->uses_dhcp);
  assert_int_equal(one->addresses.count, 1);
  assert_string_equal(one->addresses.items[0], "192.168.56.103");
  assert_string_equal(one->masks.items[0], "255.255.255.0");
  assert_string_equal(one->gateways.items[0], "192.168.56.1");
  assert_int_equal(one->dns_servers.count, 2);
  assert_string_equal(one->dns_servers.items[1], "192.168.56.3");
  one = rh_interface_by_guid(&list, GUID_B);
  assert_int_equal(one->addresses.count, 0);
  assert_int_equal(one->dns_servers.count, 1);
  assert_string_equal(one->dns_servers.items[0], "10.9.9.9");
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_sorted_by_name(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_card(hive, GUID_A, "zeta", NULL);
  add_card(hive, GUID_C, "Beta", NULL);
  add_card(hive, GUID_B, "beta", NULL);
  add_card(hive, GUID_D, "Alpha", NULL);
  rh_interface_list list = read_list(hive, "CS");
  const char *expected[] = {GUID_D, GUID_B, GUID_C, GUID_A};
  assert_int_equal(list.count, 4);
  for (size_t i = 0; i < 4; i++)
    assert_string_equal(list.items[i].guid, expected[i]);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

/* Ids as they stand in real hives, and the verdict that a person would give. */
static void test_what_is_a_card(void **state) {
  (void)state;
  static const struct {
    const char *pnp, *component; /* NULL: not there; no component: no key below Class */
    bool card;
  } cases[] = {
      {"PCI\\VEN_8086&DEV_100F\\4&B70F118&0&0888", "pci\\ven_8086&dev_100f", true},
      {"PCI\\VEN_1022&DEV_2000\\3&267A616A&0&18", NULL, true},
      {"USB\\VID_0BDA&PID_8153\\000001", "usb\\vid_0bda&pid_8153", true},
      {"VMBUS\\{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\\5&1",
       "VMBUS\\{f8615163-df3e-46c5-913f-"
       "f2d2f965ed0e}",
       true},
      {"vmbus\\{f8615163-df3e-46c5-913f-f2d2f965ed0e}\\1", NULL, true},
      {"{F8615163-DF3E-46C5-913F-F2D2F965ED0E}\\VID_1", NULL, true},
      {"XENVIF\\VEN_XSC000&DEV_NET&REV_1\\0", NULL, true},
      {"XEN\\VIF\\0", "xen\\vif", true},
      {"B06BDRV\\L2ND&PCI_163914E4\\5&1", "b06bdrv\\l2nd&pci_163914e4", true},
      {"ROOT\\VMS_MP\\0000", "vms_mp", true},
      {"COMPOSITEBUS\\MS_IMPLAT_MP\\{1}", "compositebus\\ms_implat_mp", true},
      {"SOMEBUS\\THING\\0", "somebus\\thing", true},
      {"SOMEBUS\\THING\\0", NULL, false},
      {NULL, NULL, false},
      {"ROOT\\MS_SSTPMINIPORT\\0000", "ms_sstpminiport", false},
      {NULL, "ms_ndiswanip", false},
      {NULL, "*isatap", false},
      {"SWD\\IP_TUNNEL_VBUS\\ISATAP_0", "*ISATAP", false},
      {NULL, "*teredo", false},
      {"ROOT\\*6TO4MP\\0000", "*6to4mp", false},
      {"ROOT\\KDNIC\\0000", "root\\kdnic", false},
      {"SW\\{EEAB7790-C514-11D1-B42B-00805FC1270E}\\ASYNCMAC",
       "sw\\{eeab7790-c514-11d1-b42b-00805fc1270e}", false},
      {"BTH\\MS_BTHPAN\\7&20f38eb4&0&2", "bth\\ms_bthpan", false},
      {"{5d624f94-8850-40c3-a3fa-a4fd2080baf3}\\vwifimp_wfd\\5&1",
       "{5d624f94-8850-40c3-a3fa-a4fd2080baf3}\\vwifimp_wfd", false},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_hive *hive = make_system();
    set_text(hive, CONNECTION, GUID_A, "Name", "N");
    if (cases[i].pnp)
      set_text(hive, CONNECTION, GUID_A, "PnpInstanceID", cases[i].pnp);
    if (cases[i].component) {
      set_text(hive, ADAPTER, "0001", "NetCfgInstanceId", GUID_A);
      set_text(hive, ADAPTER, "0001", "ComponentId", cases[i].component);
    }
    rh_interface_list list = read_list(hive, "CS");
    if (list.items[0].is_card != cases[i].card)
      fail_msg("%s / %s", cases[i].pnp ? cases[i].pnp : "-",
               cases[i].component ? cases[i].component : "-");
    rh_interface_list_dispose(&list);
    rh_hive_free(hive);
  }
}

/* A card that was taken out has no device any more; without a list of devices nobody can tell. */
static void test_removed_card(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_card(hive, GUID_A, "Here", NULL);
  add_card(hive, GUID_B, "Gone", NULL);
  set_text(hive, CONNECTION, GUID_B, "PnpInstanceID", "PCI\\VEN_8086\\2");
  set_raw(hive, "CS\\Services", "", NULL, 0, NULL, 0);
  rh_interface_list list = read_list(hive, "CS");
  assert_true(rh_interface_by_guid(&list, GUID_A)->is_card);
  assert_true(rh_interface_by_guid(&list, GUID_B)->is_card);
  rh_interface_list_dispose(&list);
  set_raw(hive, "CS\\Enum\\PCI\\VEN_8086\\1", "", NULL, 0, NULL, 0);
  list = read_list(hive, "CS");
  assert_true(rh_interface_by_guid(&list, GUID_A)->is_card);
  assert_false(rh_interface_by_guid(&list, GUID_B)->is_card);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void add_adapter(rh_hive *hive, const char *guid, const char *number, const char *name,
                        const char *pnp, const char *address) {
  set_text(hive, CONNECTION, guid, "Name", name);
  set_text(hive, CONNECTION, guid, "PnpInstanceID", pnp);
  set_text(hive, ADAPTER, number, "NetCfgInstanceId", guid);
  if (address)
    set_one(hive, TCPIP, guid, "IPAddress", address);
}

static const rh_interface *named(const rh_interface_list *list, const char *name) {
  const rh_interface *found = rh_interface_by_name(list, name);
  assert_non_null(found);
  return found;
}

/* A team of Windows with one VLAN: its cards have no addresses, and TCP/IP uses the team. */
static void test_team(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_adapter(hive, GUID_A, "0001", "NIC1", "PCI\\VEN_14E4\\A", NULL);
  add_adapter(hive, GUID_B, "0002", "Front", "COMPOSITEBUS\\MS_IMPLAT_MP\\{1}", "10.0.0.5");
  add_adapter(hive, GUID_C, "0003", "Front - VLAN 20", "COMPOSITEBUS\\MS_IMPLAT_MP\\{2}",
              "10.0.20.5");
  add_adapter(hive, GUID_D, "0004", "Backup", "PCI\\VEN_14E4\\D", "10.9.0.5");
  rh_interface_list list = read_list(hive, "CS");
  const rh_interface *card = named(&list, "NIC1"), *team = named(&list, "Front");
  const rh_interface *vlan = named(&list, "Front - VLAN 20"), *other = named(&list, "Backup");
  assert_int_equal(team->kind, RH_ADAPTER_TEAM);
  assert_string_equal(team->maker, "Windows");
  assert_true(team->is_card);
  assert_int_equal(vlan->kind, RH_ADAPTER_VLAN);
  assert_int_equal(vlan->vlan_id, 20);
  assert_string_equal(vlan->carrier, GUID_B);
  assert_true(vlan->is_card);
  assert_true(card->is_member);
  assert_string_equal(card->carrier, GUID_B);
  assert_false(card->is_card);
  assert_false(other->is_member);
  assert_true(other->is_card);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_teams_of_makers(void **state) {
  (void)state;
  static const struct {
    const char *pnp, *maker, *name;
    uint32_t vlan;
  } cases[] = {
      {"ROOT\\CQ_CPQTEAMMP\\0000", "HP", "HP Network Team #1", 0},
      {"ROOT\\IANSMINIPORT\\0000", "Intel", "Team 0 - VLAN : VLAN7", 7},
      {"ROOT\\BRCM_BLFM\\0000", "Broadcom", "BASP (VLAN ID 4094)", 4094},
      {"ROOT\\BRCM_BLFM\\0001", "Broadcom", "Vlanguard 7", 0},
      {"ROOT\\BRCM_BLFM\\0002", "Broadcom", "VLAN 4095", 0},
  };
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    rh_hive *hive = make_system();
    add_adapter(hive, GUID_A, "0001", cases[i].name, cases[i].pnp, "10.0.0.5");
    rh_interface_list list = read_list(hive, "CS");
    assert_string_equal(list.items[0].maker, cases[i].maker);
    assert_int_equal(list.items[0].vlan_id, cases[i].vlan);
    assert_int_equal(list.items[0].kind, cases[i].vlan ? RH_ADAPTER_VLAN : RH_ADAPTER_TEAM);
    assert_true(list.items[0].is_card);
    rh_interface_list_dispose(&list);
    rh_hive_free(hive);
  }
}

/* Bound to a switch of Hyper-V in place of TCP/IP, whatever addresses of old are left. */
static void test_bound_member(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_adapter(hive, GUID_A, "0001", "NIC1", "PCI\\VEN_8086\\A", "10.0.0.9");
  set_units(hive, ADAPTER, "0001\\Linkage", "UpperBind", RH_REG_MULTI_SZ, "VMSP||");
  add_adapter(hive, GUID_B, "0002", "vEthernet (LAN)", "ROOT\\VMS_MP\\0000", "10.0.0.5");
  add_adapter(hive, GUID_C, "0003", "NIC2", "PCI\\VEN_8086\\C", "10.0.1.5");
  set_units(hive, ADAPTER, "0003\\Linkage", "UpperBind", RH_REG_MULTI_SZ, "NdisImPlatform|Tcpip||");
  rh_interface_list list = read_list(hive, "CS");
  assert_true(named(&list, "NIC1")->is_member);
  assert_string_equal(named(&list, "NIC1")->carrier, GUID_B);
  assert_int_equal(named(&list, "vEthernet (LAN)")->kind, RH_ADAPTER_SWITCH_PORT);
  assert_false(named(&list, "NIC2")->is_member);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

/* Two cards with one fixed address: the hypervisor's is the live one, else the newer. */
static void test_gone_twin(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_adapter(hive, GUID_A, "0009", "Old", "PCI\\VEN_14E4\\A", "10.0.0.5");
  add_adapter(hive, GUID_B, "0002", "New", "VMBUS\\{f8615163}\\B", "10.0.0.5");
  add_adapter(hive, GUID_C, "0003", "Older", "PCI\\VEN_8086\\C", "10.0.1.5");
  add_adapter(hive, GUID_D, "0004", "Newer", "PCI\\VEN_8086\\D", "10.0.1.5");
  rh_interface_list list = read_list(hive, "CS");
  assert_int_equal(named(&list, "Old")->presence, RH_PROBABLY_ABSENT);
  assert_false(named(&list, "Old")->is_card);
  assert_int_equal(named(&list, "New")->presence, RH_PRESENT);
  assert_true(named(&list, "New")->is_card);
  assert_int_equal(named(&list, "Older")->presence, RH_PROBABLY_ABSENT);
  assert_int_equal(named(&list, "Newer")->presence, RH_PRESENT);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

/* Listed, but seen to go: Windows 8 and newer know when. */
static void test_card_that_went(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_adapter(hive, GUID_A, "0001", "Gone", "PCI\\VEN_8086\\A", "10.0.0.5");
  add_adapter(hive, GUID_B, "0002", "Back", "PCI\\VEN_8086\\B", "10.0.1.5");
#define DATE(id, what) "CS\\Enum\\PCI\\VEN_8086\\" id "\\" RH_DEVICE_DATES "\\" what
  set_raw(hive, DATE("A", "0066"), "", "", 0xFFFF0010, "\1\0\0\0\0\0\0\1", 8);
  set_raw(hive, DATE("A", "0067"), "", "", 0xFFFF0010, "\2\0\0\0\0\0\0\1", 8);
  set_raw(hive, DATE("B", "0066"), "", "", 0xFFFF0010, "\3\0\0\0\0\0\0\1", 8);
  set_raw(hive, DATE("B", "0067"), "", "", 0xFFFF0010, "\2\0\0\0\0\0\0\1", 8);
  rh_interface_list list = read_list(hive, "CS");
  assert_int_equal(named(&list, "Gone")->presence, RH_ABSENT);
  assert_int_equal(named(&list, "Back")->presence, RH_PRESENT);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

/* The adapter's key stands in where the connection does not name its device (Windows XP to 7). */
static void test_device_from_adapter(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  set_text(hive, CONNECTION, GUID_A, "Name", "N");
  set_text(hive, CONNECTION, GUID_A, "PnpInstanceID", "");
  set_text(hive, ADAPTER, "0001", "NetCfgInstanceId", GUID_A);
  set_text(hive, ADAPTER, "0001", "DeviceInstanceID", "ROOT\\*ISATAP\\0000");
  rh_interface_list list = read_list(hive, "CS");
  assert_string_equal(list.items[0].pnp_id, "ROOT\\*ISATAP\\0000");
  assert_false(list.items[0].is_card);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_malformed(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  set_text(hive, CONNECTION, "Descriptions", "Name", "no GUID");
  set_text(hive, CONNECTION, "{AAAAAAAA-0000-4000-8000-00000000000G}", "Name", "no hex digit");
  set_text(hive, CONNECTION, "{AAAAAAAA00000-4000-8000-000000000001}", "Name", "no dash");
  set_raw(hive, "CS\\Control\\Network\\" NET "\\" GUID_D, "", NULL, 0, NULL, 0); /* no Connection */
  set_number(hive, CONNECTION, GUID_A, "Name", 7);
  set_number(hive, CONNECTION, GUID_A, "PnpInstanceID", 7);
  set_text(hive, ADAPTER, "0001", "NetCfgInstanceId", "not a GUID");
  set_number(hive, ADAPTER, "0002", "NetCfgInstanceId", 1);
  set_raw(hive, ADAPTER, "Properties", NULL, 0, NULL, 0);
  set_raw(hive, TCPIP, GUID_A, "EnableDHCP", RH_REG_DWORD, "\1\0\0", 3);
  /* No final NUL, half a unit too many, and what is no address. */
  set_raw(hive, TCPIP, GUID_A, "IPAddress", RH_REG_MULTI_SZ,
          "1\0.\0"
          "1\0.\0"
          "1\0.\0"
          "1\0\0",
          15);
  set_text(hive, TCPIP, GUID_A, "SubnetMask", "255.0.255.0");
  set_units(hive, TCPIP, GUID_A, "DefaultGateway", RH_REG_MULTI_SZ, "10.0.0.1||rest|");
  set_raw(hive, TCPIP, GUID_A, "NameServer", RH_REG_SZ, NULL, 0);
  /* A text that goes on behind its NUL, and a lone half of a pair. */
  set_units(hive, CONNECTION, GUID_B, "Name", RH_REG_SZ, "LAN|more|");
  set_units(hive, TCPIP, GUID_B, "IPAddress", RH_REG_MULTI_SZ,
            "10.0.0.256|10.0.0|10.0.0.1.|1.2.3.4x|0001.2.3.4|0.0.0.0|9.9.9.9");
  set_text(hive, TCPIP, GUID_B, "SubnetMask", "1,2,3,4,5,6,255.0.0.0");
  set_raw(hive, CONNECTION, GUID_C, "Name", RH_REG_SZ, "A\0\x00\xD8\0\0", 6);
  rh_interface_list list = read_list(hive, "CS");
  assert_int_equal(list.count, 3);
  const rh_interface *one = rh_interface_by_guid(&list, GUID_A);
  assert_string_equal(one->name, GUID_A);
  assert_null(one->pnp_id);
  assert_false(one->is_card);
  assert_false(one->uses_dhcp);
  assert_int_equal(one->addresses.count, 1);
  assert_string_equal(one->addresses.items[0], "1.1.1.1");
  assert_string_equal(one->masks.items[0], "");
  assert_int_equal(one->gateways.count, 1);
  assert_int_equal(one->dns_servers.count, 0);
  one = rh_interface_by_guid(&list, GUID_B);
  assert_string_equal(one->name, "LAN");
  assert_int_equal(one->addresses.count, 1);
  assert_string_equal(one->addresses.items[0], "9.9.9.9");
  assert_string_equal(one->masks.items[0], "255.0.0.0");
  assert_string_equal(rh_interface_by_guid(&list, GUID_C)->name, "A\xED\xA0\x80");
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_nothing_there(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  rh_error error;
  rh_interface_list list = read_list(hive, "CS");
  assert_int_equal(list.count, 0);
  assert_null(rh_interface_by_name(&list, ""));
  rh_interface_list_dispose(&list);
  assert_int_equal(rh_interface_list_read(&list, rh_hive_registry(hive), "ControlSet009", &error),
                   RH_ERR_NOT_FOUND);
  assert_int_equal(list.count, 0);
  rh_hive_free(hive);
}

static void test_without_memory(void **state) {
  (void)state;
  rh_hive *hive = make_system();
  add_card(hive, GUID_A, "One", "10.0.0.1");
  add_card(hive, GUID_B, "Two", "10.0.1.1");
  set_text(hive, ADAPTER, "0001", "NetCfgInstanceId", GUID_B);
  set_text(hive, ADAPTER, "0001", "DriverDesc", "Card");
  rh_status status = RH_ERR_MEMORY;
  unsigned long n = 0;
  while (status == RH_ERR_MEMORY) {
    rh_interface_list list;
    rh_memory_fail_at(++n);
    status = rh_interface_list_read(&list, rh_hive_registry(hive), "CS", NULL);
    rh_memory_fail_at(0);
    assert_int_equal(list.count, status == RH_OK ? 2 : 0);
    rh_interface_list_dispose(&list);
  }
  assert_int_equal(status, RH_OK);
  assert_true(n > 20);
  rh_hive_free(hive);
}

/* Opens a packed hive of the data folder; NULL when it is not there. */
static rh_hive *open_real(const char *name) {
  rh_buffer bytes = {0};
  rh_hive *hive = NULL;
  if (read_data_file(&bytes, name))
    assert_int_equal(rh_hive_open_memory(&hive, bytes.data, bytes.len, name, NULL), RH_OK);
  rh_buffer_dispose(&bytes);
  return hive;
}

static size_t count_cards(const rh_interface_list *list) {
  size_t cards = 0;
  for (size_t i = 0; i < list->count; i++)
    cards += list->items[i].is_card;
  return cards;
}

static void test_real_windows_7(void **state) {
  (void)state;
  rh_hive *hive = open_real("hives/SYSTEM_win7sp1-x86_WKS-WIN732BITA.xz");
  if (!hive)
    skip();
  rh_interface_list list = read_list(hive, "ControlSet001");
  assert_int_equal(list.count, 13);
  assert_int_equal(count_cards(&list), 2);
  const rh_interface *one = rh_interface_by_name(&list, "local area connection 2");
  assert_string_equal(one->guid, "{698E50A9-4F58-4D86-B61D-F42E58DCACF6}");
  assert_string_equal(one->description, "Intel(R) PRO/1000 MT Network Connection");
  assert_true(one->is_card);
  assert_false(one->uses_dhcp);
  assert_string_equal(one->addresses.items[0], "10.3.58.5");
  assert_string_equal(one->masks.items[0], "255.255.255.0");
  assert_string_equal(one->gateways.items[0], "10.3.58.1");
  assert_string_equal(one->dns_servers.items[0], "10.3.58.4");
  one = rh_interface_by_name(&list, "Local Area Connection");
  assert_string_equal(one->guid, "{6AAFC9A9-0542-4DB2-8760-CCFFA953737C}");
  assert_string_equal(one->addresses.items[0], "192.168.1.123");
  assert_string_equal(one->gateways.items[0], "192.168.1.1");
  assert_true(one->is_card);
  one = rh_interface_by_name(&list, "isatap.{698E50A9-4F58-4D86-B61D-F42E58DCACF6}");
  assert_string_equal(one->description, "Microsoft ISATAP Adapter");
  assert_false(one->is_card);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_real_windows_10(void **state) {
  (void)state;
  rh_hive *hive = open_real("hives/SYSTEM_win10_DESKTOP-M3OSHQU.xz");
  if (!hive)
    skip();
  rh_interface_list list = read_list(hive, "ControlSet001");
  assert_int_equal(list.count, 6);
  assert_int_equal(count_cards(&list), 1);
  const rh_interface *one = rh_interface_by_name(&list, "Ethernet0");
  assert_string_equal(one->guid, "{C43669B3-AB3E-4D0E-8FDE-69579925A20F}");
  assert_true(one->is_card);
  assert_true(one->uses_dhcp);
  assert_int_equal(one->addresses.count, 0);
  assert_false(rh_interface_by_name(&list, "Bluetooth Network Connection")->is_card);
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

static void test_real_windows_xp(void **state) {
  (void)state;
  rh_hive *hive = open_real("hives/SYSTEM_winxp-sp2-cs_POOKY.xz");
  if (!hive)
    skip();
  rh_interface_list list = read_list(hive, "ControlSet001");
  assert_int_equal(list.count, 1);
  const rh_interface *one = rh_interface_by_name(&list, "PŘIPOJENÍ K MÍSTNÍ SÍTI");
  assert_non_null(one);
  assert_string_equal(one->name, "Připojení k místní síti");
  assert_string_equal(one->guid, "{390358CA-4248-4290-AE00-936587D12C58}");
  assert_string_equal(one->description, "AMD PCNET Family PCI Ethernet Adapter");
  assert_true(one->is_card);
  assert_true(one->uses_dhcp);
  assert_string_equal(one->addresses.items[0], "192.168.100.103");
  assert_string_equal(one->gateways.items[0], "192.168.100.252");
  assert_string_equal(one->dns_servers.items[0], "192.168.100.252");
  rh_interface_list_dispose(&list);
  rh_hive_free(hive);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_static_card),         cmocka_unit_test(test_dhcp_card),
      cmocka_unit_test(test_sorted_by_name),      cmocka_unit_test(test_what_is_a_card),
      cmocka_unit_test(test_removed_card),        cmocka_unit_test(test_team),
      cmocka_unit_test(test_teams_of_makers),     cmocka_unit_test(test_bound_member),
      cmocka_unit_test(test_gone_twin),           cmocka_unit_test(test_card_that_went),
      cmocka_unit_test(test_device_from_adapter), cmocka_unit_test(test_malformed),
      cmocka_unit_test(test_nothing_there),       cmocka_unit_test(test_without_memory),
      cmocka_unit_test(test_real_windows_7),      cmocka_unit_test(test_real_windows_10),
      cmocka_unit_test(test_real_windows_xp),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
