-- What the source uses and newer releases no longer have, or have off: rows of stdlib/windows/gone.lua.

local certificate_of = require "certificate"
local checks = require "shared.checks"
local compat = require "compat"
local facts = require "facts"
local roles = require "windows.roles"

local new = "RA-NEW-06"

-- MS-CHAP v2 of Windows authentication asks the domain with NTLMv1, unless this value is 1 (general knowledge).
local function asks_with_ntlm1(ctx)
  if facts.has_server_flag(ctx.source, facts.server_flags.ms_chap_v2)
    and not facts.uses_radius(ctx.source, "Authentication")
    and facts.number(ctx.source, facts.keys.policy, "Enable NTLMv2 Compatibility") ~= 1 then
    return "Clients of the source sign in with MS-CHAP v2, which asks the domain with NTLMv1 unless"
      .. [[ RemoteAccess\Policy 'Enable NTLMv2 Compatibility' is 1]]
  end
end

local function takes_sstp(ctx)
  local miniport = facts.miniports(ctx.source).ms_sstpminiport
  if miniport and compat.of_source(ctx, "RA-GAP-02") ~= "enable-default"
    and facts.number(ctx.source, miniport.path, "EnableForRas") == 1
    and facts.number(ctx.source, facts.keys.sstp, "UseHttps") == 1 then
    return "Clients of the source connect with SSTP, over TLS"
  end
end

local function direct_access(ctx)
  return facts.is_direct_access_set_up(ctx) and "DirectAccess of the source gives clients IPv6 over IPv4" or nil
end

return {
  check "short-keys" (checks.gone("short_keys", {
    guide = new, title = "Certificates with short keys", used = certificate_of.short_keys,
  })),
  check "ntlm1" (checks.gone("ntlm1", { guide = new, title = "Sign-in with NTLMv1", used = asks_with_ntlm1 })),
  check "old-tls" (checks.gone("tls", { guide = new, title = "Old versions of TLS", used = takes_sstp })),
  check "tunnels" (checks.gone("tunnels", { guide = new, title = "6to4 and ISATAP", used = direct_access })),
  check "last-direct-access" (checks.gone("direct_access", {
    guide = new, title = "The last release with DirectAccess", used = direct_access,
  })),
  check "internal-database" (checks.gone("wid", {
    guide = new, title = "Windows Internal Database",
    used = function(ctx)
      return roles.runs(ctx.source, "MSSQL$MICROSOFT##WID") and "The source runs the Windows Internal Database" or nil
    end,
  })),
}
