/** The TLV map: which Geneve options tun_metadata fields stand for (NXT_TLV_TABLE_MOD). */
import {
  GENEVE_OPTION_BYTES,
  GENEVE_OPTION_CLASS,
  GENEVE_OPTION_INDEX,
  GENEVE_OPTION_LIMIT,
  GENEVE_OPTION_OFFSET,
  GENEVE_OPTION_SIZE,
  GENEVE_OPTION_TYPE,
  GENEVE_OPTIONS,
} from "../../assembly/layout/geneve-option.ts";
import { GENEVE_OPTIONS_BASE } from "../../assembly/memory.ts";

export interface GeneveOption {
  readonly class: number;
  readonly type: number;
  /** Bytes of data: a multiple of 4, 0 to 124. */
  readonly bytes: number;
  /** n of tun_metadata n. */
  readonly index: number;
  /** Offset in the key's KEY_TUN_METADATA. */
  readonly offset: number;
}

export function writeGeneveOptions(view: DataView, options: readonly GeneveOption[]): void {
  if (options.length > GENEVE_OPTION_LIMIT) throw new RangeError(`at most ${GENEVE_OPTION_LIMIT} Geneve options`);
  view.setUint32(GENEVE_OPTIONS_BASE, 0, true);
  // In the order of their fields: so they are sent.
  const ordered = options.toSorted((a, b) => a.index - b.index);
  ordered.forEach((option, i) => {
    const entry = GENEVE_OPTIONS_BASE + GENEVE_OPTIONS + i * GENEVE_OPTION_SIZE;
    view.setUint16(entry + GENEVE_OPTION_CLASS, option.class, false);
    view.setUint8(entry + GENEVE_OPTION_TYPE, option.type);
    view.setUint8(entry + GENEVE_OPTION_BYTES, option.bytes);
    view.setUint16(entry + GENEVE_OPTION_INDEX, option.index, true);
    view.setUint16(entry + GENEVE_OPTION_OFFSET, option.offset, true);
  });
  view.setUint32(GENEVE_OPTIONS_BASE, options.length, true);
}
