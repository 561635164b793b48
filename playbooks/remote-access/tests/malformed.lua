-- Values of the wrong type or size stop nothing, where no filters may be lost: each still ends with a verdict.

local lu = require "luaunit"
local servers = require "test_servers"

local t = {}

function t.test_wrong_types_end_with_verdicts()
  local plan = servers.plan(machine, run, {
    release = "2008r2",
    phonebook = "[7]\r\nType=x\r\nAuthRestrictions=abc\r\nGuid=\r\nDialParamsUID=\r\n",
    system = [=[
[NICS\0021]
"WanEndpoints"=dword:00000007
"EnableForRas"="yes"
[NICS\0022]
"ComponentId"=dword:00000001
[RA\Parameters]
"RouterType"="seven"
"ServerFlags"=hex:01,02
[RA\Parameters\AccountLockout]
"MaxDenials"="none"
[RA\Parameters\IKEV2]
"idleTimeout"=hex:01
[RA\Parameters\IKEV2\AllowedTrustedRootCerts\0000]
"TrustedRootCert"="text"
[RA\Parameters\Ip]
"NetworkAdapterGUID"=dword:00000005
[RA\Parameters\Ip\StaticAddressPool\x]
"From"="10.0.0.1"
[RA\Authentication\Providers]
"ActiveProvider"=dword:00000001
[RA\Authentication]
"CRPName"=dword:00000001
[RA\RouterManagers\Ip]
"GlobalInfo"="text"
[RA\Interfaces\0]
"Type"="five"
[RA\Interfaces\2]
"InterfaceName"=dword:00000007
"Type"=dword:00000002
[RA\Interfaces\3]
"Type"=dword:00000003
[CCS\Services\RasMan\Parameters]
"CustomDLL"=dword:00000001
[CCS\Services\SstpSvc\Parameters]
"UseHttps"="no"
"isHashConfiguredByAdmin"=dword:00000001
"SHA256CertificateHash"=hex:01,02
"SHA1CertificateHash"="text"
[CCS\Services\HTTP\Parameters\SslBindingInfo\0.0.0.0:443]
"AppId"=dword:00000001
]=] }, { release = "2012", system = [=[
[NICS\0021]
"MaxWanEndpoints"="few"
[RA\Interfaces\2]
"Type"="three"
[CCS\Services\HTTP\Parameters\SslBindingInfo\[::]:443]
"SslCertHash"="text"
]=] }, { waived = { "remote-access/filters-readable" } })
  lu.assertFalse(plan.blocked)
  lu.assertStrContains(servers.check(plan, "filters-readable").message, "IPv4 routing: all of its settings")
  lu.assertEquals(unjudged_of(plan), {})
  lu.assertEquals(servers.verdict(plan, "Parameters", "ServerFlags").verdict, "dropped")
  lu.assertEquals(servers.verdict(plan, "SstpSvc\\Parameters", "SHA256CertificateHash").verdict, "defaulted")
end

return t
