/** `nat(…)`, inside ct() only. */
import type { NatAction } from "../../slowpath/actions/action.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";

const NAT = 36;

const SOURCE = 1 << 0;
const DESTINATION = 1 << 1;
const PERSISTENT = 1 << 2;
const HASH = 1 << 3;
const RANDOM = 1 << 4;
const FLAGS = SOURCE | DESTINATION | PERSISTENT | HASH | RANDOM;

/** Parts of the range that follow, in this order. */
const IPV4_MIN = 1 << 0;
const IPV4_MAX = 1 << 1;
const IPV6_MIN = 1 << 2;
const IPV6_MAX = 1 << 3;
const PORT_MIN = 1 << 4;
const PORT_MAX = 1 << 5;

function bad(why: string): OpenFlowError {
  return new OpenFlowError("OFPBAC_BAD_ARGUMENT", `nat: ${why}`);
}

type Range = Pick<NatAction, "addressMin" | "addressMax" | "portMin" | "portMax">;

function readRange(body: Reader, present: number): Range {
  const has = (bit: number): boolean => (present & bit) !== 0;
  if ((has(IPV4_MIN) || has(IPV4_MAX)) && (has(IPV6_MIN) || has(IPV6_MAX))) throw bad("a range of two families");
  if ((has(IPV4_MAX) && !has(IPV4_MIN)) || (has(IPV6_MAX) && !has(IPV6_MIN))) throw bad("a range without a start");
  const bytes = has(IPV4_MIN) ? 4 : 16;
  const hasAddress = has(IPV4_MIN) || has(IPV6_MIN);
  const addressMin = hasAddress ? body.bytes(bytes).slice() : undefined;
  const addressMax = has(IPV4_MAX) || has(IPV6_MAX) ? body.bytes(bytes).slice() : undefined;
  if (addressMin?.every((byte) => byte === 0)) throw bad("address zero");
  if (addressMin && addressMax && Buffer.compare(addressMin, addressMax) > 0) throw bad("an empty range of addresses");
  if (has(PORT_MAX) && !has(PORT_MIN)) throw bad("a range of ports without a start");
  if (has(PORT_MIN) && !hasAddress) throw bad("ports without an address");
  const portMin = has(PORT_MIN) ? body.u16() : undefined;
  const portMax = has(PORT_MAX) ? body.u16() : undefined;
  if (portMin === 0) throw bad("port zero");
  if (portMin !== undefined && portMax !== undefined && portMax < portMin) throw bad("an empty range of ports");
  return {
    ...(addressMin && { addressMin }),
    ...(addressMax && { addressMax }),
    ...(portMin !== undefined && { portMin }),
    ...(portMax !== undefined && { portMax }),
  };
}

function rangeBits({ addressMin, addressMax, portMin, portMax }: NatAction): number {
  const ipv6 = addressMin?.length === 16;
  let bits = 0;
  if (addressMin) bits |= ipv6 ? IPV6_MIN : IPV4_MIN;
  if (addressMax) bits |= ipv6 ? IPV6_MAX : IPV4_MAX;
  if (portMin !== undefined) bits |= PORT_MIN;
  if (portMax !== undefined) bits |= PORT_MAX;
  return bits;
}

export const nat: ActionCodec<NatAction> = {
  type: "nat",
  forms: [
    nicira("1.0+", NAT, undefined, (body) => {
      body.skip(2);
      const flags = body.u16();
      if (flags & ~FLAGS) throw bad(`flags 0x${flags.toString(16)}`);
      if (flags & SOURCE && flags & DESTINATION) throw bad("both source and destination");
      if (flags & HASH && flags & RANDOM) throw bad("both hash and random");
      const present = body.u16();
      const range = readRange(new Reader(body.rest(), "OFPBAC_BAD_ARGUMENT"), present);
      return {
        type: "nat",
        ...(flags & SOURCE && { direction: "src" }),
        ...(flags & DESTINATION && { direction: "dst" }),
        ...range,
        ...(flags & PERSISTENT && { persistent: true }),
        ...(flags & HASH && { hash: true }),
        ...(flags & RANDOM && { random: true }),
      };
    }),
  ],
  write(writer, action) {
    const { direction, addressMin, addressMax, portMin, portMax, persistent, hash, random } = action;
    let flags = direction === "src" ? SOURCE : direction === "dst" ? DESTINATION : 0;
    if (persistent) flags |= PERSISTENT;
    if (hash) flags |= HASH;
    if (random) flags |= RANDOM;
    writeNicira(writer, NAT, () => {
      writer.zeros(2);
      writer.u16(flags);
      writer.u16(rangeBits(action));
      if (addressMin) writer.bytes(addressMin);
      if (addressMax) writer.bytes(addressMax);
      if (portMin !== undefined) writer.u16(portMin);
      if (portMax !== undefined) writer.u16(portMax);
    });
  },
};
