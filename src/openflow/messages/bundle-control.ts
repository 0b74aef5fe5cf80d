/** BUNDLE_CONTROL: id u32, type u16, flags u16, properties. */
import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, unknownProperty } from "../wire/property.ts";
import { type MessageCodec, message, onfMessage } from "./definition.ts";

export const controlTypes = [
  "open_request",
  "open_reply",
  "close_request",
  "close_reply",
  "commit_request",
  "commit_reply",
  "discard_request",
  "discard_reply",
] as const;

export interface BundleFlags {
  readonly atomic: boolean;
  readonly ordered: boolean;
}

export interface BundleControl extends BundleFlags {
  readonly type: "bundle_control";
  readonly id: number;
  readonly control: (typeof controlTypes)[number];
}

const ATOMIC = 1 << 0;
const ORDERED = 1 << 1;

export function readBundleFlags(bits: number): BundleFlags {
  if (bits & ~(ATOMIC | ORDERED)) throw new OpenFlowError("OFPBFC_BAD_FLAGS", `bundle flags 0x${bits.toString(16)}`);
  return { atomic: (bits & ATOMIC) !== 0, ordered: (bits & ORDERED) !== 0 };
}

export function bundleFlagBits({ atomic, ordered }: BundleFlags): number {
  return (atomic ? ATOMIC : 0) | (ordered ? ORDERED : 0);
}

export const bundleControl: MessageCodec<BundleControl> = {
  type: "bundle_control",
  places: [message("1.4+", 33), onfMessage("1.3", 2300)],
  read(body) {
    const id = body.u32();
    const number = body.u16();
    const flags = readBundleFlags(body.u16());
    const control = controlTypes[number];
    if (!control) throw new OpenFlowError("OFPBFC_BAD_TYPE", `bundle control ${number}`);
    for (const property of readProperties(body)) throw unknownProperty(property);
    return { type: "bundle_control", id, control, ...flags };
  },
  write(writer, { id, control, atomic, ordered }) {
    writer.u32(id);
    writer.u16(controlTypes.indexOf(control));
    writer.u16(bundleFlagBits({ atomic, ordered }));
  },
};
