/** The kinds of interfaces there are. */
import { internal } from "./internal.ts";
import type { InterfaceKind } from "./kind.ts";
import { patch } from "./patch.ts";
import { system } from "./system.ts";
import { tunnel } from "./tunnel.ts";
import { unsupported } from "./unsupported.ts";

const kinds: readonly InterfaceKind[] = [system, internal, patch, tunnel, unsupported];
const byType = new Map(kinds.flatMap((kind) => kind.types.map((type) => [type, kind] as const)));

/** undefined: nobody knows such a type. */
export function kindOf(type: string): InterfaceKind | undefined {
  return byType.get(type);
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
