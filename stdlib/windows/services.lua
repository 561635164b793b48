-- What the registry has of a service itself: who starts it and from which program. It comes with the installation.
--
-- "HKLM\SYSTEM\CurrentControlSet\Services Registry Tree" (learn.microsoft.com, windows-hardware/drivers/install),
-- ChangeServiceConfig2 for what newer releases added; ServiceMain, SvcHostSplitDisable and Owners: general knowledge.

local M = {}

---Values of the key of a service.
M.values = {
  "Type", "Start", "ErrorControl", "ImagePath", "DisplayName", "Description", "Group", "Tag", "ObjectName",
  "DependOnService", "DependOnGroup", "DelayedAutostart", "FailureActions", "FailureActionsOnNonCrashFailures",
  "FailureCommand", "RebootMessage", "RequiredPrivileges", "ServiceSidType", "PreshutdownTimeout", "LaunchProtected",
  "UserServiceFlags", "SvcHostSplitDisable", "SvcMemSoftLimitInMB", "SvcMemMidLimitInMB", "SvcMemHardLimitInMB",
  "Owners", "ServiceDll", "ServiceMain", "ServiceDllUnloadOnStop",
}

---Its subkeys, as patterns: counters, permissions, start by events, what the plug and play manager keeps.
M.subkeys = { [[Security\**]], [[Performance\**]], [[Enum\**]], [[TriggerInfo\**]], [[Linkage\**]] }

local names_of_code = { imagepath = true, servicedll = true, servicemain = true, servicedllunloadonstop = true }

---Whether a value of this name, anywhere in a service, says which program runs.
---@param name string
---@return boolean
function M.names_code(name)
  return names_of_code[name:lower()] or false
end

return M
