-- The items of the guide to file services as this project numbers them, in own words: preparation (PRE), shares and
-- their policies (SMB), data (DATA), other parts of the role (DFS, FSRM, BC, VSS, DEDUP, NFS, ISCSI, PRINT, CLUSTER),
-- identity (ID), verification (VER), the way back (ROLLBACK).
--
-- Each is named by at least one step in its `guide`, or says why none has it. A test compares.

return {
  { id = "FILE-PRE-01", item = "no change of the configuration while it moves" },
  { id = "FILE-PRE-02", item = "same drive letters, enough room" },
  { id = "FILE-PRE-03", item = "local users and groups first" },
  { id = "FILE-PRE-04", item = "same domain" },
  { id = "FILE-PRE-05", item = "pair of releases that is supported" },
  { id = "FILE-PRE-06", item = "ports 7000 for the guide's tools",
    why = "The guide's tools are not used: data are copied with robocopy." },
  { id = "FILE-PRE-07", item = "clocks that agree",
    why = "The guide's tools need it to pair; robocopy compares times of files, not of servers." },
  { id = "FILE-SMB-01", item = "properties of shares" },
  { id = "FILE-SMB-02", item = "permissions of shares" },
  { id = "FILE-SMB-03", item = "policy of the SMB server" },
  { id = "FILE-SMB-04", item = "policy of Offline Files" },
  { id = "FILE-SMB-05", item = "service Server started again" },
  { id = "FILE-DATA-01", item = "data copied in two passes" },
  { id = "FILE-DATA-02", item = "disks moved instead" },
  { id = "FILE-DATA-03", item = "links, mounted volumes, EFS files" },
  { id = "FILE-DFS-01", item = "DFS namespaces" },
  { id = "FILE-DFS-02", item = "DFS Replication" },
  { id = "FILE-FSRM-01", item = "File Server Resource Manager" },
  { id = "FILE-BC-01", item = "BranchCache" },
  { id = "FILE-VSS-01", item = "shadow copies" },
  { id = "FILE-VSS-02", item = "Remote VSS" },
  { id = "FILE-DEDUP-01", item = "deduplication" },
  { id = "FILE-NFS-01", item = "Server for NFS" },
  { id = "FILE-ISCSI-01", item = "iSCSI target" },
  { id = "FILE-PRINT-01", item = "shared printers" },
  { id = "FILE-CLUSTER-01", item = "clustered file servers" },
  { id = "FILE-ID-01", item = "name and addresses" },
  { id = "FILE-VER-01", item = "shares, permissions and data compared" },
  { id = "FILE-ROLLBACK-01", item = "the way back" },
}
