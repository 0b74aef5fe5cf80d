/** bond/hash: which of the 256 buckets a bond would put a station's traffic in. */
import { parseMac } from "../../slowpath/flow/address-text.ts";
import { hashAdd, hashFinish } from "../../slowpath/translate/flow-hash.ts";
import { type UnixctlCommand, UnixctlError } from "../command.ts";

const BUCKETS_MASK = 0xff;

export const bondHash: UnixctlCommand = {
  name: "bond/hash",
  usage: "mac [vlan] [basis]",
  minimum: 1,
  maximum: 3,
  run(_daemon, [macText, vlanText = "0", basisText = "0"]) {
    if (!/^\d+/.test(vlanText)) throw new UnixctlError("invalid vlan");
    if (!/^\d+/.test(basisText)) throw new UnixctlError("invalid basis");
    const mac = parseMac(macText);
    if (mac === undefined) throw new UnixctlError("invalid mac");
    const view = new DataView(mac.buffer, mac.byteOffset);
    // The station as one 64-bit number: VLAN, then address.
    const low = view.getUint32(2);
    const high = ((Number.parseInt(vlanText, 10) & 0xffff) << 16) | view.getUint16(0);
    const hash = hashFinish(hashAdd(hashAdd(Number.parseInt(basisText, 10), low), high), 8);
    return String(hash & BUCKETS_MASK);
  },
};
