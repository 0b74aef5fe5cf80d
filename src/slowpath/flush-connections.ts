/**
 * Forgets the connections that a description fits: what `dpctl/flush-conntrack` and the OpenFlow message ask for.
 *
 * A whole tuple (protocol, both addresses, both ports) and nothing more names one connection, by either of its directions, in the
 * zone given or in zone 0. Anything less is compared with both directions of every connection, and what is not given fits all.
 * Zero addresses and ports count as not given, and so does what is said of ICMP without an address: ovs-ofctl says it always.
 */
import type { Connection, ConnectionTuple, Conntrack } from "../fastpath/datapath.ts";
import { isZero, sameBytes } from "./flow/flow.ts";
import { IP_PROTO_ICMP, IP_PROTO_ICMPV6 } from "./flow/prerequisites.ts";

export type TuplePart = Partial<Omit<ConnectionTuple, "protocol">>;

export interface ConnectionMatch {
  readonly zone?: number;
  readonly protocol?: number;
  /** Bytes of an address. */
  readonly family?: 4 | 16;
  readonly original: TuplePart;
  readonly reply: TuplePart;
  readonly mark?: { readonly value: number; readonly mask: number };
  readonly label?: { readonly value: Uint8Array; readonly mask: Uint8Array };
}

/** @returns how many were found; 0 for a whole tuple: there is no such connection. */
export function flushConnections(conntrack: Conntrack, described: ConnectionMatch): number {
  const match = { ...described, original: given(described.original), reply: given(described.reply) };
  const found: Connection[] = [];
  const tuple = wholeTuple(match);
  for (const connection of conntrack.connections(tuple ? (match.zone ?? 0) : match.zone)) {
    const fits = tuple
      ? [connection.original, connection.reply].some((direction) => sameTuple(direction, tuple))
      : connectionFits(connection, match);
    if (fits) found.push(connection);
  }
  for (const { zone, original } of found) conntrack.flush({ zone, tuple: original });
  return found.length;
}

export function isWholeTuple(match: ConnectionMatch): boolean {
  return wholeTuple({ ...match, original: given(match.original), reply: given(match.reply) }) !== undefined;
}

function given(part: TuplePart): TuplePart {
  const source = part.source && !isZero(part.source) ? part.source : undefined;
  const destination = part.destination && !isZero(part.destination) ? part.destination : undefined;
  const { icmpId, icmpType, icmpCode } = part;
  return {
    ...(source && { source }),
    ...(destination && { destination }),
    ...(part.sourcePort && { sourcePort: part.sourcePort }),
    ...(part.destinationPort && { destinationPort: part.destinationPort }),
    ...((source || destination) && icmpType !== undefined && { icmpId, icmpType, icmpCode }),
  };
}

function wholeTuple({ protocol, original, reply, mark, label }: ConnectionMatch): ConnectionTuple | undefined {
  const { source, destination, sourcePort = 0, destinationPort = 0, ...icmp } = original;
  if (Object.keys(reply).length > 0 || mark || label) return undefined;
  if (!protocol || !source || !destination) return undefined;
  const whole = { protocol, source, destination, sourcePort, destinationPort };
  if (protocol === IP_PROTO_ICMP || protocol === IP_PROTO_ICMPV6) {
    return { ...whole, icmpId: 0, icmpType: 0, icmpCode: 0, ...icmp };
  }
  return sourcePort !== 0 && destinationPort !== 0 ? whole : undefined;
}

function sameTuple(tuple: ConnectionTuple, wanted: ConnectionTuple): boolean {
  return tuple.protocol === wanted.protocol && tuple.source.length === wanted.source.length && tupleFits(tuple, wanted);
}

function connectionFits(connection: Connection, match: ConnectionMatch): boolean {
  const { original, reply } = connection;
  const { mark, label } = match;
  return (
    (match.protocol === undefined || original.protocol === match.protocol) &&
    (match.family === undefined || original.source.length === match.family) &&
    tupleFits(original, match.original) &&
    tupleFits(reply, match.reply) &&
    (!mark || ((connection.mark ^ mark.value) & mark.mask) === 0) &&
    (!label || connection.label.every((byte, i) => ((byte ^ label.value[i]) & label.mask[i]) === 0))
  );
}

function tupleFits(tuple: ConnectionTuple, part: TuplePart): boolean {
  return (Object.keys(part) as (keyof TuplePart)[]).every((name) => {
    const wanted = part[name];
    const has = tuple[name];
    if (wanted === undefined) return true;
    return wanted instanceof Uint8Array ? sameBytes(wanted, has as Uint8Array) : wanted === (has ?? 0);
  });
}
