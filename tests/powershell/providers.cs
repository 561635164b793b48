// The drives Cert: and HKLM: in memory (Microsoft Learn: about_Certificate_Provider, about_Registry_Provider).
using System;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Provider;

namespace Rehome {
public class Certificate {
  public string Thumbprint { get; set; }
  public bool HasPrivateKey { get; set; }
}

public static class Store {
  public static SortedDictionary<string, bool> My = new SortedDictionary<string, bool>(StringComparer.OrdinalIgnoreCase);
  public static SortedDictionary<string, SortedDictionary<string, object>> Keys =
      new SortedDictionary<string, SortedDictionary<string, object>>(StringComparer.OrdinalIgnoreCase);
  public static void Add(string thumbprint, bool key) { My[thumbprint] = key; }
  public static void AddKey(string path) {
    if (!Keys.ContainsKey(path))
      Keys[path] = new SortedDictionary<string, object>(StringComparer.OrdinalIgnoreCase);
  }
}

public class DeleteKeyParameters {
  [Parameter] public SwitchParameter DeleteKey { get; set; }
}

[CmdletProvider("BenchCertificate", ProviderCapabilities.ShouldProcess)]
public class CertificateProvider : NavigationCmdletProvider {
  static string[] Parts(string path) {
    return path.Replace('/', '\\').Split(new[] { '\\' }, StringSplitOptions.RemoveEmptyEntries)
        .Where(p => !p.EndsWith(":")).ToArray();
  }
  static bool IsMy(string[] p) { return p.Length >= 2 && p[0].ToLower() == "localmachine" && p[1].ToLower() == "my"; }
  protected override bool IsValidPath(string path) { return true; }
  protected override bool ItemExists(string path) {
    var p = Parts(path);
    return p.Length == 0 || (p.Length == 1 && p[0].ToLower() == "localmachine") || (IsMy(p) && (p.Length == 2 || Store.My.ContainsKey(p[2])));
  }
  protected override bool IsItemContainer(string path) { return Parts(path).Length < 3; }
  void Write(string thumbprint) {
    WriteItemObject(new Certificate { Thumbprint = thumbprint, HasPrivateKey = Store.My[thumbprint] },
                    "LocalMachine\\My\\" + thumbprint, false);
  }
  protected override void GetItem(string path) { var p = Parts(path); if (p.Length == 3) Write(p[2]); }
  protected override void GetChildItems(string path, bool recurse) { foreach (var t in Store.My.Keys.ToArray()) Write(t); }
  protected override bool HasChildItems(string path) { return Parts(path).Length < 3; }
  protected override object RemoveItemDynamicParameters(string path, bool recurse) { return new DeleteKeyParameters(); }
  protected override void RemoveItem(string path, bool recurse) { Store.My.Remove(Parts(path)[2]); }
}

[CmdletProvider("BenchRegistry", ProviderCapabilities.ShouldProcess)]
public class RegistryProvider : NavigationCmdletProvider, IDynamicPropertyCmdletProvider {
  static string Key(string path) {
    var text = path.Replace('/', '\\');
    var colon = text.IndexOf(':');
    return (colon >= 0 ? text.Substring(colon + 1) : text).Trim('\\');
  }
  protected override bool IsValidPath(string path) { return true; }
  protected override bool ItemExists(string path) { return Key(path) == "" || Store.Keys.ContainsKey(Key(path)); }
  protected override bool IsItemContainer(string path) { return true; }
  public void GetProperty(string path, System.Collections.ObjectModel.Collection<string> names) {
    var item = new PSObject();
    foreach (var pair in Store.Keys[Key(path)])
      item.Properties.Add(new PSNoteProperty(pair.Key, pair.Value));
    WritePropertyObject(item, path);
  }
  public void SetProperty(string path, PSObject value) {
    foreach (var property in value.Properties) Store.Keys[Key(path)][property.Name] = property.Value;
  }
  public void ClearProperty(string path, System.Collections.ObjectModel.Collection<string> names) {
    foreach (var name in names) Store.Keys[Key(path)].Remove(name);
  }
  public void RemoveProperty(string path, string name) {
    if (!Store.Keys[Key(path)].Remove(name)) throw new PSArgumentException("Property " + name + " does not exist.");
  }
  public void NewProperty(string path, string name, string type, object value) { Store.Keys[Key(path)][name] = value; }
  public void RenameProperty(string path, string from, string to) { throw new NotSupportedException(); }
  public void CopyProperty(string path, string name, string to, string toName) { throw new NotSupportedException(); }
  public void MoveProperty(string path, string name, string to, string toName) { throw new NotSupportedException(); }
  public object RemovePropertyDynamicParameters(string path, string name) { return null; }
  public object NewPropertyDynamicParameters(string path, string name, string type, object value) { return null; }
  public object RenamePropertyDynamicParameters(string path, string from, string to) { return null; }
  public object CopyPropertyDynamicParameters(string path, string name, string to, string toName) { return null; }
  public object MovePropertyDynamicParameters(string path, string name, string to, string toName) { return null; }
  public object GetPropertyDynamicParameters(string path, System.Collections.ObjectModel.Collection<string> names) { return null; }
  public object SetPropertyDynamicParameters(string path, PSObject value) { return null; }
  public object ClearPropertyDynamicParameters(string path, System.Collections.ObjectModel.Collection<string> names) { return null; }
}
}
