-- Guide section 3, first half: do the two machines fit each other?

local checks = require "shared.checks"
local roles = require "windows.roles"

return {
  check "supported-pair" (checks.supported_pair("nps", "NPS", { guide = "NPS-CHK-01" }, true)),
  check "beyond-the-guide" (checks.beyond_the_guide("nps", { guide = "NPS-CHK-01" })),
  check "edition" (checks.edition { guide = "NPS-CHK-01" }),
  check "source-edition" (checks.source_edition { guide = "NPS-CHK-01" }),
  check "domain-controller" (checks.domain_controller({ guide = "NPS-CHK-04" }, {
    source = {
      "NPS there reads dial-in rights as the domain controller that it is; on another server it has to be registered.",
      "After the first start: netsh nps add registeredserver, as an administrator of the domain.",
    },
  })),
  check "full-installation" (checks.full_installation { guide = "NPS-CHK-02" }),
  check "second-machine" (checks.second_machine { guide = "NPS-CHK-03" }),

  check "other-roles" {
    guide = "NPS-CHK-04", severity = "warn", title = "Other roles on the source",
    found = function(ctx)
      local titles = {}
      for index, role in ipairs(roles.others(ctx, {}, false)) do titles[index] = role.title end
      return titles
    end,
    problem = "Moving name or addresses of this server can break %s.", remedy = "Plan these roles too.",
  },

  check "language" (checks.same_language { guide = "NPS-CHK-05" }),
  check "role-installed" (checks.role_installed("IAS", "NPAS", { guide = "NPS-PRE-06" })),
}
