-- The certificates with keys: what needs them, how a person exports them, and what came of the given files.

local certificate_of = require "certificate"
local needs = require "needs"
local shared = require "shared"
local stores = require "stores"

local function is_missing(ctx, need)
  return needs.has_to_move(need) and not certificate_of.is_at_hand(ctx, need.certificate)
end

local function inventory(ctx)
  local found, missing = needs.of_source(ctx), 0
  for _, need in ipairs(found) do
    local certificate = need.certificate
    if is_missing(ctx, need) then
      ctx:call_for("export-certificates", certificate_of.to_export(ctx, certificate))
      missing = missing + 1
    end
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
  return ("certificates: %d, not on the destination: %d"):format(#found, missing)
end

-- Certificates of the given chains that the destination lacks, each once: {certificate, file, store}.
local function missing_chains(ctx)
  local seen, list = {}, {}
  for _, given in ipairs(ctx.given_certificates) do
    for _, certificate in ipairs(given.chain) do
      local store = certificate.self_signed and "ROOT" or "CA"
      if not seen[certificate.sha256]
        and not stores.has(ctx.destination, certificate, store, store == "ROOT" and "AuthRoot" or nil) then
        list[#list + 1] = { certificate = certificate, file = given.file, store = store }
      end
      seen[certificate.sha256] = true
    end
  end
  return list
end

local titles = { ROOT = "Trusted Root Certification Authorities", CA = "Intermediate Certification Authorities" }

-- Intermediates help a server to show its chain; a root is trusted from then on, which nobody does by the way.
local function place_chains(ctx)
  local list = missing_chains(ctx)
  for _, item in ipairs(list) do
    if ctx.params.given_chain then
      local place = [[\Certificates\]] .. item.certificate.thumbprint
      ctx.destination:copy_key(stores.root .. item.store .. place, ctx.given, stores.root .. "CA" .. place)
    else
      ctx:call_for("import-chain", ("%s, from %s, into %s"):format(certificate_of.describe(item.certificate), item.file,
        titles[item.store]))
    end
  end
  return ("placed: %d"):format(ctx.params.given_chain and #list or 0)
end

return {
  step "given-chains" {
    guide = "CERT-MOVE-08", title = "Chains in the given files",
    when = function(ctx) return #ctx.given_certificates > 0 end, run = place_chains,
  },

  step "inventory" {
    guide = { "CERT-MOVE-01", "CERT-MOVE-09" }, title = "What needs which certificate", run = inventory,
  },

  manual "export-certificates" (shared.import_certificates { guide = "CERT-MOVE-03" }),

  manual "import-chain" {
    guide = "CERT-MOVE-08", title = "Import the chains of the given files", on = "destination", phase = "after",
    on_demand = true,
    text = "The import of a certificate does not bring its chain. Import these into the computer's stores (certlm.msc),"
      .. " a root only if it is to be trusted; or plan again with --param given_chain=yes:",
  },
}
