-- The certificates of a computer: what the roles need of them, how they move with their keys, and whom it trusts.
--
-- Keys are never in an image that can be used elsewhere: a person exports them, and the destination imports the files
-- (given with --certificate) at its first start. What is no secret moves here: roots, intermediates and bans.

local stores = require "stores"

return playbook {
  id = "certificates",
  title = "Certificates of the computer",
  version = "1.0.0",
  summary = "what roles need of the computer's certificates, roots, intermediates and bans",
  present = function(source)
    local count = #source:certificates "MY"
    return count > 0, ("certificates in the Personal store of the computer: %d"):format(count)
  end,
  params = {
    move_roots = {
      type = "choice", choices = { "needed", "all", "none" }, default = "needed",
      help = "roots that the source trusts and the destination does not: those that certificates of the plan end in, "
        .. "all but those of Windows, or none",
    },
    given_chain = {
      type = "boolean", default = false,
      help = "the destination gets the intermediates, and trusts the roots, that the files of --certificate hold",
    },
  },
  guide = require "guide",
  reads = { certificates = { "ROOT", "CA", "Disallowed" } },
  consults = {
    registry = require("needs").scopes,
    files = { [[%SystemRoot%\System32\ias\ias.xml]] },
    certificates = { "MY", "AuthRoot" },
  },
  writes = { registry = stores.keys },
  steps = { require "checks", stores.steps, require "with_keys" },
}
