-- The certificates with keys: what needs them, how a person exports them, and what came of the given files.

local certificate_of = require "certificate"
local needs = require "needs"
local stores = require "stores"

local function is_missing(ctx, need)
  return needs.has_to_move(need) and not certificate_of.is_at_hand(ctx, need.certificate)
end

local function missing(ctx)
  local list = {}
  for _, need in ipairs(needs.of_source(ctx)) do
    if is_missing(ctx, need) then list[#list + 1] = need end
  end
  return list
end

local function inventory(ctx)
  local found = needs.of_source(ctx)
  for _, need in ipairs(found) do
    local certificate = need.certificate
    local given = certificate_of.given(ctx, certificate)
    local chain = ctx.source:chain("MY", certificate.thumbprint, { ctx.destination }, ctx.time)
    local state = given and "given in " .. given.file
      or certificate_of.is_at_hand(ctx, certificate) and "on the destination with its key"
      or is_missing(ctx, need) and "not on the destination"
      or "not needed there"
    ctx:note(("Certificate %s, valid until %s, chain %s, %s: %s; %s."):format(certificate_of.describe(certificate),
      certificate_of.date(certificate.not_after), chain and chain.result or "unknown",
      certificate.has_private_key and "linked to a private key" or "without a private key", needs.described(need),
      state))
  end
  for _, given in ipairs(ctx.given_certificates) do
    local is_known = false
    for _, need in ipairs(found) do is_known = is_known or need.certificate.sha256 == given.sha256 end
    if not is_known then
      ctx:note(("The given file %s has a certificate that the source does not have: %s."):format(given.file,
        certificate_of.describe(given)))
    end
  end
  return ("certificates: %d, not on the destination: %d"):format(#found, #missing(ctx))
end

-- Intermediates help a server to show its chain; a root is trusted from then on, which nobody does by the way.
local function place_chains(ctx)
  local seen, placed = {}, 0
  for _, given in ipairs(ctx.given_certificates) do
    for _, certificate in ipairs(given.chain) do
      local store = certificate.self_signed and "ROOT" or "CA"
      local is_there = seen[certificate.sha256]
      for _, name in ipairs { store, store == "ROOT" and "AuthRoot" or store } do
        for _, other in ipairs(ctx.destination:certificates(name)) do
          is_there = is_there or other.sha256 == certificate.sha256
        end
      end
      seen[certificate.sha256] = true
      if not is_there and ctx.params.given_chain then
        stores.copy(ctx, store, ctx.given, "CA", certificate.thumbprint)
        placed = placed + 1
      elseif not is_there then
        ctx:call_for("import-chain", ("%s, from %s, into %s"):format(certificate_of.describe(certificate), given.file,
          store == "ROOT" and "Trusted Root Certification Authorities" or "Intermediate Certification Authorities"))
      end
    end
  end
  return ("placed: %d"):format(placed)
end

return {
  step "given-chains" {
    guide = "CERT-MOVE-08", title = "Chains in the given files",
    when = function(ctx) return #ctx.given_certificates > 0 end, run = place_chains,
  },

  step "inventory" {
    guide = { "CERT-MOVE-01", "CERT-MOVE-09" }, title = "What needs which certificate", run = inventory,
  },

  manual "export-certificates" {
    guide = "CERT-MOVE-03", title = "Export certificates with their private keys", on = "source", phase = "before",
    when = function(ctx) return #missing(ctx) > 0 end,
    text = function(ctx)
      local lines = { certificate_of.how_to_export(ctx) }
      for _, need in ipairs(missing(ctx)) do
        lines[#lines + 1] = ("%s\n  needed by: %s"):format(certificate_of.to_export(ctx, need.certificate),
          needs.described(need))
      end
      return table.concat(lines, "\n")
    end,
  },

  manual "import-chain" {
    guide = "CERT-MOVE-08", title = "Import the chains of the given files", on = "destination", phase = "after",
    on_demand = true,
    text = "The import of a certificate does not bring its chain. Import these into the computer's stores (certlm.msc),"
      .. " a root only if it is to be trusted; or plan again with --param given_chain=yes:",
  },
}
