/** Datapath actions and matches of the offload tests. */
import { CT_STATE_TRACKED, KEY_CT_MARK, KEY_CT_STATE } from "../../assembly/layout/key.ts";
import type { CtAction, DatapathAction, Masked, NatRange } from "../../src/fastpath/datapath-action.ts";
import type { Field } from "../fastpath/match.ts";
import { bytesOf, concat, ipv4Address } from "../model/frames.ts";

type Bytes = readonly number[];
const ANY = { value: [] as Bytes, mask: [] as Bytes };

const field = (bytes: ArrayLike<number> | undefined, length: number): { value: Bytes; mask: Bytes } =>
  bytes === undefined
    ? { value: new Array<number>(length).fill(0), mask: new Array<number>(length).fill(0) }
    : { value: [...Array.from(bytes)], mask: new Array<number>(length).fill(0xff) };

const join = (...fields: readonly { value: Bytes; mask: Bytes }[]): Masked => ({
  value: concat(...fields.map(({ value }) => value)),
  mask: concat(...fields.map(({ mask }) => mask)),
});

const port = (number: number | undefined) => field(number === undefined ? undefined : [number >> 8, number & 255], 2);
const address = (text: string | undefined) => field(text === undefined ? undefined : ipv4Address(text), 4);
const mac = (text: string | undefined) => field(text === undefined ? undefined : bytesOf(text), 6);
const pad = { ...ANY, value: [0, 0], mask: [0, 0] };

export const output = (number: number): DatapathAction => ({ type: "output", port: number });
export const recirc = (id: number): DatapathAction => ({ type: "recirc", id });
/** MACs as "02 00 …". */
export const setEthernet = (to?: string, from?: string): DatapathAction => ({
  type: "set",
  target: "ethernet",
  ...join(mac(to), mac(from)),
});
export const setIpv4 = ({ src, dst, tos, ttl }: { src?: string; dst?: string; tos?: number; ttl?: number }) => ({
  type: "set" as const,
  target: "ipv4" as const,
  ...join(
    address(src),
    address(dst),
    field(tos === undefined ? undefined : [tos], 1),
    field(ttl === undefined ? undefined : [ttl], 1),
    pad,
  ),
});
export const setPorts = (src?: number, dst?: number): DatapathAction => ({
  type: "set",
  target: "transport",
  ...join(port(src), port(dst)),
});
export const ct = (options: Partial<CtAction> = {}): DatapathAction => ({ type: "ct", zone: 7, ...options });

/** "dst=10.0.0.2:8080", "src=10.0.0.9"; "" for the translation of connections that have one. */
export function nat(text: string): NatRange {
  if (text === "") return {};
  const [, type, at, number] = /^(src|dst)=([\d.]+)(?::(\d+))?$/.exec(text)!;
  const bytes = ipv4Address(at);
  const ports = number === undefined ? {} : { portMin: Number(number), portMax: Number(number) };
  return { type: type as "src" | "dst", addressMin: bytes, addressMax: bytes, ...ports };
}

/** ct_mark or label bits to set. */
export const bits = (value: number, length: 4 | 16 = 4): Masked => {
  const at = (number: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i === length - 1 ? number : 0));
  return { value: at(value), mask: at(0xff) };
};

/** A match on ct_state bits: those of `mask` as in `state`, tracked. */
export const ctState = (state: number, mask: number): Field => ({
  offset: KEY_CT_STATE,
  bytes: [0, state | CT_STATE_TRACKED],
  mask: [0, mask | CT_STATE_TRACKED],
});

export const ctMark = (value: number): Field => ({
  offset: KEY_CT_MARK,
  bytes: [0, 0, 0, value],
  mask: [0, 0, 0, 0xff],
});
