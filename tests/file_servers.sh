# Sourced after harness.sh: a file server with fixed addresses and the machine that takes its place, made by hand.

old_card='{11111111-0000-0000-0000-000000000001}'
new_card='{22222222-0000-0000-0000-000000000001}'
account=S-1-5-21-7-8-9-1004

# utf16 TEXT: its bytes as .reg text writes them; | ends a text of a list.
utf16() { printf '%s' "$1" | iconv -f UTF-8 -t UTF-16LE | od -An -v -tx1 | tr -s ' \n' ',' | sed 's/^,//; s/,$//; s/7c,00/00,00/g'; }

# make_file_server NAME PRODUCT VERSION BUILD CARD ADDRESS GATEWAY: a server; standard input adds to SYSTEM.
make_file_server() {
  mkdir -p "text/$1/files/Windows/System32/drivers/etc"
  printf '192.0.2.9 old-app\r\n' >"text/$1/files/Windows/System32/drivers/etc/hosts"
  [ "$1" = OLD ] || printf '# none\r\n' >"text/$1/files/Windows/System32/drivers/etc/hosts"
  cat >"text/$1/SOFTWARE.reg" <<REG
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion]
"ProductName"="$2"
"CurrentVersion"="$3"
"CurrentBuildNumber"="$4"
"SystemRoot"="C:\\\\Windows"
REG
  { cat <<REG
Windows Registry Editor Version 5.00

[HKEY_LOCAL_MACHINE\\SYSTEM\\Select]
"Current"=dword:00000001
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ComputerName\\ComputerName]
"ComputerName"="$1"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\ProductOptions]
"ProductType"="ServerNT"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Control\\Network\\{4D36E972-E325-11CE-BFC1-08002BE10318}\\$5\\Connection]
"Name"="LAN"
"PnpInstanceID"="PCI\\\\VEN_8086\\\\1"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\Interfaces\\$5]
"EnableDHCP"=dword:00000000
"IPAddress"=hex(7):$(utf16 "$6||")
"SubnetMask"=hex(7):$(utf16 '255.255.255.0||')
"DefaultGateway"=hex(7):$(utf16 "$7||")
"NameServer"="192.0.2.53"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters\\PersistentRoutes]
"0.0.0.0,0.0.0.0,$7,-1"=""
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer]
"Start"=dword:00000002
[HKEY_LOCAL_MACHINE\\SYSTEM\\MountedDevices]
"\\\\DosDevices\\\\C:"=hex:3e,a0,be,5c,00,00,10,00,00,00,00,00
"\\\\DosDevices\\\\E:"=hex:3e,a0,be,5d,00,00,10,00,00,00,00,00
REG
    cat; } >"text/$1/SYSTEM.reg"
  "$rehome" image build "text/$1" --output "$1" --time 2020-01-01 >/dev/null
}

# Permissions by hand [MS-DTYP 2.4.6]: Everyone reads, the account of the source changes; owner Administrators.
zero=00,00,00,00
everyone=01,01,00,00,00,00,00,01,$zero
administrators=01,02,00,00,00,00,00,05,20,00,00,00,20,02,00,00
someone=01,05,00,00,00,00,00,05,15,00,00,00,07,00,00,00,08,00,00,00,09,00,00,00,ec,03,00,00
list=02,00,40,00,02,00,00,00,00,00,14,00,a9,00,12,00,$everyone,00,00,24,00,bf,01,13,00,$someone
permissions=01,00,04,80,54,00,00,00,$zero,$zero,14,00,00,00,$list,$administrators

# use_file_servers: OLD with shares and fixed addresses, NEW to take them, as images in the current folder.
use_file_servers() {
  make_file_server OLD 'Windows Server 2008 R2 Standard' 6.1 7601 "$old_card" 192.0.2.10 192.0.2.1 <<REG
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\Tcpip\\Parameters]
"SearchList"="corp.example,example.net"
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer\\Shares]
"Data"=hex(7):$(utf16 'CSCFlags=2048|MaxUses=4294967295|Path=D:\Data|Permissions=0|Remark=für alle|ShareName=Data|Type=0||')
"HP"=hex(7):$(utf16 'CSCFlags=0|MaxUses=4294967295|Path=HP,LocalsplOnly|Permissions=0|ShareName=HP|Type=1||')
[HKEY_LOCAL_MACHINE\\SYSTEM\\ControlSet001\\Services\\LanmanServer\\Shares\\Security]
"Data"=hex:$permissions
REG
  make_file_server NEW 'Windows Server 2012 R2 Standard' 6.3 9600 "$new_card" 192.0.2.20 192.0.2.2 </dev/null
}
