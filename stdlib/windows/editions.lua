-- Editions of Windows Server other than Foundation, Standard, Enterprise and Datacenter, which the guides name
-- (Migrate Remote Access, Migrate NPS: "Supported operating systems"). How EditionID begins, and ProductSuite, which
-- 2003 has in its place: general knowledge.

local M = {}

-- ids: how EditionID begins. means: what is different there.
M.list = {
  { name = "Web Edition", ids = { "ServerWeb" }, suite = "Blade", means = "may serve web pages and DNS alone" },
  {
    name = "Small Business Server", ids = { "ServerSBS", "ServerPrime" }, suite = "Small Business",
    means = "is a domain controller whose wizards expect the settings that they made",
  },
  {
    name = "Essentials", ids = { "ServerSolution", "ServerForSBSolutions", "ServerSBSolutions" },
    means = "is a domain controller whose dashboard sets up Remote Access and certificates itself",
  },
  { name = "Home Server", ids = { "ServerHome" }, means = "has a console of its own for users, shares and backup" },
  { name = "MultiPoint Server", ids = { "ServerMultiPoint" }, means = "has a console of its own for users" },
  {
    name = "HPC Edition", ids = { "ServerHPC", "ServerCluster" }, suite = "Compute Server",
    means = "may run the nodes of a compute cluster alone",
  },
  {
    name = "Storage Server", ids = { "ServerStorage" }, suite = "Storage Server",
    means = "may serve files, and in some editions has no other roles",
  },
  { name = "Hyper-V Server", ids = { "ServerHyper" }, means = "may run virtual machines alone" },
}

local product_options = [[HKLM\SYSTEM\CurrentControlSet\Control\ProductOptions]]

---What a playbook consults that asks for editions.
M.scopes = { product_options }

local function has_suite(machine, suite)
  local suites = machine:read(product_options, "ProductSuite")
  for _, name in ipairs(suite and type(suites) == "table" and suites or {}) do
    if name:sub(1, #suite):lower() == suite:lower() then return true end
  end
  return false
end

---The row of a machine's edition; nil for one of those that the guides name, and where it is unknown.
---@param machine table
---@return table|nil {name, means}
function M.special(machine)
  local edition = machine:identity().edition:lower()
  for _, row in ipairs(M.list) do
    for _, id in ipairs(row.ids) do
      if edition:sub(1, #id) == id:lower() then return row end
    end
    if edition == "" and has_suite(machine, row.suite) then return row end
  end
end

return M
