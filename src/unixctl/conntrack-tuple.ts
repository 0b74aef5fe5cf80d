/** One direction of a connection as `flush-conntrack` takes it: `ct_nw_src=10.0.0.1,ct_nw_proto=17,ct_tp_src=1`. */
import type { ConnectionTuple } from "../fastpath/datapath.ts";
import { parseIpv4, parseIpv6 } from "../slowpath/flow/address-text.ts";
import { splitKeyValues } from "../slowpath/flow/match-text.ts";

type Mutable<T> = { -readonly [K in keyof T]?: T[K] };

/** Fields that are not given match everything. */
export type TuplePattern = Partial<ConnectionTuple>;

export class TupleError extends Error {}

const numbers: Readonly<Record<string, readonly [field: keyof ConnectionTuple, maximum: number]>> = {
  ct_nw_proto: ["protocol", 255],
  ct_tp_src: ["sourcePort", 65535],
  ct_tp_dst: ["destinationPort", 65535],
  icmp_id: ["icmpId", 65535],
  icmp_type: ["icmpType", 255],
  icmp_code: ["icmpCode", 255],
};

/** @param protocol of the other direction's pattern, when there is one. @throws TupleError in the words of OVS. */
export function parseTuplePattern(text: string, protocol?: number): TuplePattern {
  const pattern: Mutable<ConnectionTuple> = protocol === undefined ? {} : { protocol };
  for (const { key, value } of splitKeyValues(text)) {
    if (value === "") throw new TupleError(`field ${key} missing value`);
    const address = /^ct_(nw|ipv6)_(src|dst)$/.exec(key);
    if (address) {
      const bytes = address[1] === "nw" ? parseIpv4(value) : parseIpv6(value);
      if (bytes === undefined) throw new TupleError(`failed to parse field ${key}`);
      pattern[address[2] === "src" ? "source" : "destination"] = bytes;
      continue;
    }
    const number = numbers[key];
    if (number === undefined) throw new TupleError(`invalid conntrack tuple field: ${key}`);
    if (key.startsWith("icmp_") && pattern.protocol !== 1 && pattern.protocol !== 58) {
      throw new TupleError("invalid L4 fields");
    }
    if (!/^(0x[0-9a-f]+|\d+)$/i.test(value) || Number(value) > number[1]) {
      throw new TupleError(`failed to parse field ${key}`);
    }
    (pattern as Record<string, number>)[number[0]] = Number(value);
  }
  const hasPort = (pattern.sourcePort ?? 0) !== 0 || (pattern.destinationPort ?? 0) !== 0;
  if (hasPort && !pattern.protocol) throw new TupleError("port is set without protocol");
  return pattern;
}

export function matchesTuple(pattern: TuplePattern, tuple: ConnectionTuple): boolean {
  return (Object.keys(pattern) as (keyof ConnectionTuple)[]).every((field) => {
    const [wanted, has] = [pattern[field], tuple[field]];
    if (wanted instanceof Uint8Array) return has instanceof Uint8Array && Buffer.compare(wanted, has) === 0;
    return wanted === (has ?? 0);
  });
}
