/**
 * What OVN keeps in registers, and the words for writing, reading and matching them.
 *
 * reg0…reg9 are scratch for the logical pipeline. They are written through their widest container (reg0…reg3 in xxreg0,
 * reg4…reg7 in xxreg1, reg8 and reg9 in xreg4), as ovn-controller does.
 */

/** reg10: flags of the packet that last from ingress to egress. */
export const FLAG = {
  /** May leave by the port it came in by. */
  loopback: 0,
  fromRamp: 1,
  forceSnatForLb: 3,
  localOnly: 4,
  /** Answers of the helper tables. */
  neighborKnown: 6,
  hairpin: 7,
  stationKnown: 8,
  skipSnatForLb: 9,
  portSecurityDrop: 12,
} as const;

/** Bits of reg0 on a switch. */
export const SWITCH_BIT = {
  /** Send to the connection tracker for reassembly. */
  defrag: 0,
  commit: 1,
  nat: 2,
  hairpin: 6,
  hintAllowNew: 7,
  hintAllow: 8,
  hintDrop: 9,
  hintBlock: 10,
  stationKnown: 11,
  hairpinReply: 12,
  ctLabel: 13,
  portSecurityDrop: 15,
  stateless: 16,
  aclVerdictAllow: 17,
} as const;

/** Bits of reg9 on a router. */
export const ROUTER_BIT = { egressLoopback: 0, neighborKnown: 2, destinationNatLocal: 4 } as const;

/** Bits of ct_mark. */
export const CT_MARK = { blocked: 0x1, natted: 0x2, skipSnat: 0x4, forceSnat: 0x8 } as const;

interface Container {
  readonly name: string;
  readonly nxm: string;
  /** Where the register starts in it. */
  readonly shift: number;
}

function containerOf(register: number): Container {
  if (register < 4) return { name: "xxreg0", nxm: "NXM_NX_XXREG0", shift: (3 - register) * 32 };
  if (register < 8) return { name: "xxreg1", nxm: "NXM_NX_XXREG1", shift: (7 - register) * 32 };
  if (register < 10) return { name: "xreg4", nxm: "OXM_OF_PKT_REG4", shift: (9 - register) * 32 };
  return { name: `reg${register}`, nxm: `NXM_NX_REG${register}`, shift: 0 };
}

export const hex = (value: number | bigint): string => (BigInt(value) === 0n ? "0" : `0x${value.toString(16)}`);

/** Writes `bits` bits of a scratch register from `start` on. */
export function writeBits(register: number, start: number, bits: number, value: number | bigint): string {
  const { name, shift } = containerOf(register);
  const at = BigInt(shift + start);
  const mask = ((1n << BigInt(bits)) - 1n) << at;
  return `set_field:${hex(BigInt(value) << at)}/${hex(mask)}->${name}`;
}

export const writeBit = (register: number, bit: number, value: 0 | 1): string => writeBits(register, bit, 1, value);
export const writeWord = (register: number, value: number | bigint): string => writeBits(register, 0, 32, value);

/** A bit's name in a move. */
export function bitName(register: number, bit: number): string {
  const { nxm, shift } = containerOf(register);
  return `${nxm}[${shift + bit}]`;
}

export const matchBit = (register: number, bit: number, value: 0 | 1 = 1): string => {
  const mask = hex(1 << bit);
  return `reg${register}=${value === 1 ? mask : 0}/${mask}`;
};

export const matchWord = (register: number, value: number | bigint): string => `reg${register}=${hex(value)}`;

/** An IPv6 address in four registers. */
export function matchWords(register: number, value: bigint): string {
  const words = [96n, 64n, 32n, 0n].map((shift) => (value >> shift) & 0xffffffffn);
  return words.map((word, i) => matchWord(register + i, word)).join(",");
}

export const matchFlag = (flag: number, value: 0 | 1 = 1): string => matchBit(10, flag, value);
export const setFlag = (flag: number, value: 0 | 1 = 1): string => writeBit(10, flag, value);

/** Zones: reg13 a port's own, reg11 a router's (or switch's) DNAT, reg12 its SNAT. */
export const ZONE = { port: "NXM_NX_REG13[0..15]", dnat: "NXM_NX_REG11[0..15]", snat: "NXM_NX_REG12[0..15]" } as const;

export const inPort = (key: number): string => matchWord(14, key);
export const outPort = (key: number): string => matchWord(15, key);
export const setOutPort = (key: number): string => `set_field:${hex(key)}->reg15`;
export const REPLY_TO_IN_PORT = "move:NXM_NX_REG14[]->NXM_NX_REG15[]";
