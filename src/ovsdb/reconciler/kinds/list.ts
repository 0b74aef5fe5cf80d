/** The kinds of interfaces there are. */
import { afxdp } from "./afxdp.ts";
import { absentSystem, type DummyDevices, dummy } from "./dummy.ts";
import { internal } from "./internal.ts";
import type { InterfaceKind } from "./kind.ts";
import { patch } from "./patch.ts";
import { system } from "./system.ts";
import { tunnel } from "./tunnel.ts";
import { unsupported } from "./unsupported.ts";

const kinds: readonly InterfaceKind[] = [system, afxdp, internal, patch, tunnel, unsupported];
/** undefined: nobody knows such a type. */
export type FindKind = (type: string) => InterfaceKind | undefined;

export function finder(kinds: readonly InterfaceKind[]): FindKind {
  const byType = new Map(kinds.flatMap((kind) => kind.types.map((type) => [type, kind] as const)));
  return (type) => byType.get(type);
}

export const kindOf = finder(kinds);

/** With ports in memory in place of devices: for test suites. `override`: in place of existing devices, too. */
export function dummyKinds(devices: DummyDevices, override: boolean): FindKind {
  const types = ["dummy", "dummy-internal", "dummy-pmd", "internal", "tap"];
  const inMemory = dummy(devices, override ? [...types, "system"] : types);
  return finder([inMemory, patch, tunnel, unsupported, ...(override ? [] : [absentSystem])]);
}

/** What Open_vSwitch.iface_types names: all that Open vSwitch would, for its clients look for them there. */
export const INTERFACE_TYPES: ReadonlySet<string> = new Set([
  "afxdp",
  "afxdp-nonpmd",
  "bareudp",
  "erspan",
  "geneve",
  "gre",
  "gtpu",
  "internal",
  "ip6erspan",
  "ip6gre",
  "lisp",
  "patch",
  "stt",
  "system",
  "tap",
  "vxlan",
]);
