/** Port columns as the switch's settings: VLANs and protection. */
import type { PortSettings } from "../../slowpath/switch.ts";
import type { PortVlan } from "../../slowpath/translate/bridge.ts";
import type { PortRow } from "./tables.ts";

const VLAN_MAX = 4095;

export function portSettings(row: PortRow | undefined): PortSettings {
  if (row === undefined) return {};
  return { vlan: portVlan(row), isProtected: row.protected };
}

/** undefined: a trunk of all VLANs, which is what a port without settings is. */
function portVlan({ tag, trunks, vlan_mode: mode }: PortRow): PortVlan | undefined {
  const valid = new Set([...trunks].filter((vlan) => vlan >= 0 && vlan <= VLAN_MAX));
  const some = valid.size > 0 ? valid : undefined;
  const own = tag !== undefined && tag >= 0 && tag <= VLAN_MAX ? tag : undefined;
  const effective = mode ?? (own === undefined ? "trunk" : "access");
  switch (effective) {
    case "access":
      return { mode: "access", tag: own ?? 0 };
    case "native-tagged":
    case "native-untagged":
      return { mode: effective, tag: own ?? 0, trunks: some };
    case "dot1q-tunnel":
      return undefined; // told about in complaints.ts
    default:
      return some && { mode: "trunk", tag: 0, trunks: some };
  }
}

export function sameSettings(a: PortSettings, b: PortSettings): boolean {
  const vlanText = ({ vlan }: PortSettings): string =>
    vlan === undefined ? "" : `${vlan.mode} ${vlan.tag} ${[...(vlan.trunks ?? [])].sort().join()}`;
  return (a.isProtected ?? false) === (b.isProtected ?? false) && vlanText(a) === vlanText(b);
}
