-- What this playbook does, item by item. No guide of Microsoft's covers it: the items are this project's own.

return {
  { id = "CERT-MOVE-01", item = "what the roles need of the computer's certificates" },
  { id = "CERT-MOVE-02", item = "certificates that have expired or soon will" },
  { id = "CERT-MOVE-03", item = "export with the private key, import on the destination" },
  { id = "CERT-MOVE-04", item = "roots that the destination trusts" },
  { id = "CERT-MOVE-05", item = "intermediate certificates" },
  { id = "CERT-MOVE-06", item = "certificates that are not to be trusted" },
  { id = "CERT-MOVE-07", item = "lists: CRLs and CTLs" },
  { id = "CERT-MOVE-08", item = "chains in the files that were given" },
  { id = "CERT-MOVE-09", item = "bindings of other programs in http.sys" },
  { id = "CERT-MOVE-10", item = "private keys themselves",
    why = "They are protected by the machine; an image cannot give them away, and rehome does not try." },
}
