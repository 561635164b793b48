-- Guide sections 11 to 15: what belongs to a file server and does not move with its shares. Each is recognised by a
-- service that is not disabled (names of services: general knowledge) and told as a manual step.

local facts = require "facts"
local roles = require "windows.roles"

local M = {}

M.services = {
  {
    id = "dfs-namespaces", service = "Dfs", guide = "FILE-DFS-01", title = "DFS namespaces",
    -- 2003 has the service without a namespace, too.
    is_used = function(ctx) return ctx.source_os ~= "2003" or #ctx.source:keys(facts.keys.dfs_roots) > 0 end,
    text = [[Stand-alone namespaces: on the source dfsutil root export \\OLD\NAME file, on the destination
dfsutil root addstd \\NEW\NAME and dfsutil root import set file \\NEW\NAME. Namespaces of the domain: dfsutil target add
\\NEW\NAME on the destination, and after some minutes dfsutil target remove \\OLD\NAME; one with this server alone needs
another server in between. Links that lead to shares of the source get the destination as their target. Delegations are
set again by hand.]],
  },
  {
    id = "dfs-replication", service = "DFSR", guide = "FILE-DFS-02", title = "DFS Replication",
    text = [[Make the destination a member of the replication groups, with connections, and wait for event 4104. A disk
that was moved must lose System Volume Information\DFSR and DfsrPrivate first.]],
  },
  {
    id = "resource-manager", service = "srmsvc", guide = "FILE-FSRM-01", title = "File Server Resource Manager",
    text = [[Quotas, file screens, reports and classification need the same drive letters. Templates:
dirquota template export, filescrn template export, filescrn filegroup export, and import on the destination; quotas and
screens themselves are made again or move with Export-SmigServerSetting -FeatureID FS-Resource-Manager. Scheduled tasks:
schtasks /query /tn NAME /xml and schtasks /create /xml.]],
  },
  {
    id = "branch-cache", service = "PeerDistSvc", guide = "FILE-BC-01", title = "BranchCache",
    text = [[Install BranchCache for Network Files. So that the caches of clients stay valid, the seed of both servers
has to be equal: Export-SmigServerSetting -FeatureID BranchCache. Open the firewall: netsh branchcache set service
mode=local.]],
  },
  {
    id = "remote-vss", service = "fssagent", guide = "FILE-VSS-02", title = "File Server VSS Agent",
    text = [[reg export HKLM\SYSTEM\CurrentControlSet\Services\fssagent\Settings on the source, import it on the
destination, and apply the same policies (File Share Shadow Copy Provider and Agent).]],
  },
  {
    id = "deduplication", service = "ddpsvc", guide = "FILE-DEDUP-01", title = "Data deduplication",
    text = [[Install Data Deduplication before a disk with such volumes is attached; schedules of your own are set
again. Copied files are whole: turn deduplication on and mind the room.]],
  },
  {
    id = "nfs", service = "NfsService", guide = "FILE-NFS-01", title = "Server for NFS",
    text = [[From 2012 on: Get-NfsServerConfiguration, Get-NfsShare, Get-NfsSharePermission, Get-NfsMappingStore,
Get-NfsNetgroup and Get-NfsClientGroup, each | Export-Clixml, then Set- and New-NfsShare on the destination, and the
files passwd and group of System32\drivers\etc. Older ones: read with nfsadmin and nfsshare, set by hand.]],
  },
  {
    id = "iscsi-target", service = "WinTarget", guide = "FILE-ISCSI-01", title = "iSCSI target",
    text = [[Export-IscsiTargetServerConfiguration and Import-IscsiTargetServerConfiguration; move the files of the
virtual disks while no initiator is connected. CHAP secrets, portals and snapshots are set again by hand.]],
  },
  {
    id = "cluster", service = "ClusSvc", guide = "FILE-CLUSTER-01", title = "Failover cluster",
    text = [[Shares of a cluster are its resources: move them with the Copy Cluster Roles wizard or make them again in
the destination's cluster.]],
  },
}

local function is_there(ctx, other)
  return roles.runs(ctx.source, other.service) and (other.is_used == nil or other.is_used(ctx))
end

---The other file services of the source.
---@return table[] entries of M.services
function M.found(ctx)
  local list = {}
  for _, other in ipairs(M.services) do
    if is_there(ctx, other) then list[#list + 1] = other end
  end
  return list
end

-- Once by its service, or asked for by a share.
M.steps = {}
for index, other in ipairs(M.services) do
  M.steps[index] = manual(other.id) {
    guide = other.guide, title = other.title, on = "destination", phase = "after",
    on_demand = function(ctx) return is_there(ctx, other) end,
    text = (other.text:gsub("\n", " ")),
  }
end

return M
