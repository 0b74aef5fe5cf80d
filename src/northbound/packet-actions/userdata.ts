/**
 * What a `controller(userdata=…)` action tells the handlers in this folder: OVN's opcode, four zero bytes, and the arguments as
 * JSON. (ovn-controller puts OpenFlow actions in binary there; nothing on this side of the function call would read them.)
 */

/** Numbers as in OVN 23.03's action headers. */
export const OPCODE = {
  arpRequest: 0,
  putArp: 1,
  neighborAdvertisement: 3,
  putNd: 4,
  neighborSolicitation: 9,
  icmpError: 10,
  tcpReset: 11,
  serviceCheck: 18,
  reject: 22,
  sctpAbort: 24,
  putFdb: 25,
} as const;

export type Opcode = (typeof OPCODE)[keyof typeof OPCODE];

export interface Instruction {
  readonly opcode: number;
  readonly arguments: Readonly<Record<string, string | number>>;
}

/** The action that hands the packet, as it is now, to the handler of an opcode. */
export function punt(opcode: Opcode, args: Readonly<Record<string, string | number>> = {}): string {
  const json = Object.keys(args).length === 0 ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(args));
  const bytes = [0, 0, 0, opcode, 0, 0, 0, 0, ...json];
  return `controller(userdata=${bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(".")})`;
}

/** `undefined` when the bytes are not of this making. */
export function decodeUserdata(bytes: Uint8Array): Instruction | undefined {
  if (bytes.length < 8) return undefined;
  const opcode = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  if (bytes.length === 8) return { opcode, arguments: {} };
  try {
    return { opcode, arguments: JSON.parse(new TextDecoder().decode(bytes.subarray(8))) };
  } catch {
    return undefined;
  }
}
