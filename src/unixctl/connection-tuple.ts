/** Parts of connection tuples in text: `ct_nw_src=10.0.0.1,ct_nw_proto=17,ct_tp_dst=53`. What is not named fits everything. */
import type { ConnectionTuple } from "../fastpath/datapath.ts";
import { parseIpv4, parseIpv6 } from "../slowpath/flow/address-text.ts";
import { IP_PROTO_ICMP, IP_PROTO_ICMPV6 } from "../slowpath/flow/prerequisites.ts";
import type { ConnectionMatch } from "../slowpath/flush-connections.ts";
import { UnixctlError } from "./command.ts";

type TuplePart = { -readonly [name in keyof ConnectionTuple]?: ConnectionTuple[name] };

interface Shared {
  protocol?: number;
  family?: 4 | 16;
}

/** @throws UnixctlError */
export function parseTuple(original: string, reply = ""): ConnectionMatch {
  const shared: Shared = {};
  const parts = { original: parsePart(original, shared), reply: parsePart(reply, shared) };
  return { protocol: shared.protocol, family: shared.family, ...parts };
}

const isIcmp = (protocol: number | undefined): boolean => protocol === IP_PROTO_ICMP || protocol === IP_PROTO_ICMPV6;

const addresses: Readonly<Record<string, readonly ["source" | "destination", 4 | 16]>> = {
  ct_nw_src: ["source", 4],
  ct_nw_dst: ["destination", 4],
  ct_ipv6_src: ["source", 16],
  ct_ipv6_dst: ["destination", 16],
};

/** Name, limit, only of ICMP. */
const numbers: Readonly<Record<string, readonly [keyof TuplePart, number, boolean]>> = {
  ct_tp_src: ["sourcePort", 0xffff, false],
  ct_tp_dst: ["destinationPort", 0xffff, false],
  icmp_type: ["icmpType", 0xff, true],
  icmp_code: ["icmpCode", 0xff, true],
  icmp_id: ["icmpId", 0xffff, true],
};

function parsePart(text: string, shared: Shared): TuplePart {
  const part: TuplePart = {};
  for (const pair of text.split(/[,\s]+/).filter((word) => word !== "")) {
    const [name, value = ""] = pair.split("=");
    if (value === "") throw new UnixctlError(`field ${name} missing value`);
    if (Object.hasOwn(addresses, name)) readAddress(part, shared, name, value);
    else if (name === "ct_nw_proto") shared.protocol = readNumber(name, value, 0xff);
    else if (Object.hasOwn(numbers, name)) {
      const [field, limit, icmpOnly] = numbers[name];
      if (icmpOnly && !isIcmp(shared.protocol)) throw new UnixctlError("invalid L4 fields");
      Object.assign(part, { [field]: readNumber(name, value, limit) });
    } else throw new UnixctlError(`invalid conntrack tuple field: ${name}`);
  }
  if (shared.protocol === undefined && (part.sourcePort || part.destinationPort)) {
    throw new UnixctlError("port is set without protocol");
  }
  return part;
}

function readAddress(part: TuplePart, shared: Shared, name: string, value: string): void {
  const [side, bytes] = addresses[name];
  if (shared.family !== undefined && shared.family !== bytes) {
    throw new UnixctlError(`the L3 protocol does not match ${value}`);
  }
  if (part[side] !== undefined) throw new UnixctlError(`${name} is set multiple times`);
  const address = bytes === 4 ? parseIpv4(value) : parseIpv6(value);
  if (address === undefined) throw new UnixctlError(`failed to parse field ${name}`);
  shared.family = bytes;
  part[side] = address;
}

function readNumber(name: string, value: string, limit: number): number {
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(value) ? Number(value) : Number.NaN;
  if (!(number <= limit)) throw new UnixctlError(`failed to parse field ${name}`);
  return number;
}
