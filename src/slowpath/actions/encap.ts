/** `encap(ethernet|mpls|mpls_mc)`, `decap()`, `decap(packet_type(ns=N,type=N))`: headers of any kind (translate/encapsulation.ts). */
import {
  PACKET_TYPE_ETHERNET,
  PACKET_TYPE_MPLS,
  PACKET_TYPE_MPLS_MULTICAST,
  PACKET_TYPE_NEXT,
} from "../flow/packet-type.ts";
import { decapsulate, encapsulate } from "../translate/encapsulation.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

const headers: ReadonlyMap<string, number> = new Map([
  ["ethernet", PACKET_TYPE_ETHERNET],
  ["mpls", PACKET_TYPE_MPLS],
  ["mpls_mc", PACKET_TYPE_MPLS_MULTICAST],
]);

export const encap: ActionDefinition<ActionOf<"encap">> = {
  type: "encap",
  keywords: ["encap"],
  parse({ value }) {
    const packetType = headers.get(value.trim());
    if (packetType === undefined) throw new ActionSyntaxError(`${value}: Encap hdr not supported`);
    return { type: "encap", packetType };
  },
  format({ packetType }) {
    const [name] = [...headers].find(([, type]) => type === packetType)!;
    return `encap(${name})`;
  },
  translate(context, { packetType }) {
    encapsulate(context, packetType);
    return undefined;
  },
};

export const decap: ActionDefinition<ActionOf<"decap">> = {
  type: "decap",
  keywords: ["decap"],
  parse({ value }) {
    if (value.trim() === "") return { type: "decap", packetType: PACKET_TYPE_NEXT };
    const [, space, type] = /^packet_type\(ns=([^,]*),type=([^)]*)\)$/.exec(value.trim()) ?? [];
    if (type === undefined) throw new ActionSyntaxError(`${value}: Invalid decap argument`);
    const packetType = (parseInteger(space, 0xffff, "ns") << 16) | parseInteger(type, 0xffff, "type");
    return { type: "decap", packetType: packetType >>> 0 };
  },
  format({ packetType }) {
    if (packetType === PACKET_TYPE_NEXT) return "decap()";
    const type = packetType & 0xffff;
    return `decap(packet_type(ns=${packetType >>> 16},type=${type === 0 ? "0" : `0x${type.toString(16)}`}))`;
  },
  translate(context, { packetType }) {
    decapsulate(context, packetType);
    return undefined;
  },
};
