/**
 * The TLV map: which Geneve options tun_metadata fields stand for, and where each lies in a flow.
 *
 * Invariants: options do not overlap in a flow. Fields are known by name in the whole process, so all bridges of a switch share one map.
 */
import { KEY_TUN_METADATA } from "../../../assembly/layout/key.ts";
import type { GeneveOption } from "../../fastpath/geneve-options.ts";
import { mapTunnelMetadata } from "../../slowpath/flow/fields.ts";
import type { Switch } from "../../slowpath/switch.ts";
import type { TlvMapping } from "../messages/tlv-table.ts";
import { OpenFlowError } from "../wire/errors.ts";

/** What OVS says of itself; ROOM is what there is here. */
export const TLV_MAX_SPACE = 256;
export const TLV_MAX_FIELDS = 64;
/** Bytes of options in a flow. */
const ROOM = 128;
const OPTION_MAX_BYTES = 124;

interface Placed extends TlvMapping {
  readonly offset: number;
}

const maps = new WeakMap<Switch, TlvMap>();

export class TlvMap {
  readonly #switch: Switch;
  #placed: readonly Placed[] = [];

  private constructor(owner: Switch) {
    this.#switch = owner;
  }

  static of(owner: Switch): TlvMap {
    let map = maps.get(owner);
    if (!map) {
      map = new TlvMap(owner);
      maps.set(owner, map);
    }
    return map;
  }

  /** By index. */
  get mappings(): readonly TlvMapping[] {
    return this.#placed;
  }

  has(index: number): boolean {
    return this.#placed.some((option) => option.index === index);
  }

  /** All or none. @throws OpenFlowError */
  add(mappings: readonly TlvMapping[]): void {
    const placed = [...this.#placed];
    for (const mapping of mappings) {
      check(mapping, placed);
      placed.push({ ...mapping, offset: freeRoom(mapping.bytes, placed) });
    }
    this.#set(placed);
  }

  /** @throws OpenFlowError */
  delete(mappings: readonly TlvMapping[]): void {
    this.#set(this.#placed.filter((option) => !mappings.some((gone) => sameOption(gone, option))));
  }

  clear(): void {
    this.#set([]);
  }

  #set(placed: readonly Placed[]): void {
    this.#placed = placed.toSorted((a, b) => a.index - b.index);
    for (const { index, offset, bytes } of this.#placed) mapTunnelMetadata(index, offset, bytes);
    this.#switch.datapath.setGeneveOptions(
      this.#placed.map(
        ({ optionClass, optionType, bytes, index, offset }): GeneveOption => ({
          class: optionClass,
          type: optionType,
          bytes,
          index,
          offset,
        }),
      ),
    );
  }
}

function sameOption(a: TlvMapping, b: TlvMapping): boolean {
  return a.optionClass === b.optionClass && a.optionType === b.optionType;
}

function check(mapping: TlvMapping, placed: readonly Placed[]): void {
  const { bytes, index } = mapping;
  if (bytes === 0 || bytes % 4 !== 0 || bytes > OPTION_MAX_BYTES) {
    throw new OpenFlowError("NXTTMFC_BAD_OPT_LEN", `an option of ${bytes} bytes`);
  }
  if (index >= TLV_MAX_FIELDS) throw new OpenFlowError("NXTTMFC_BAD_FIELD_IDX", `tun_metadata${index}`);
  if (placed.some((other) => other.index === index)) {
    throw new OpenFlowError("NXTTMFC_ALREADY_MAPPED", `tun_metadata${index} is mapped`);
  }
  if (placed.some((other) => sameOption(other, mapping))) {
    throw new OpenFlowError("NXTTMFC_DUP_ENTRY", `option 0x${mapping.optionClass.toString(16)} is mapped`);
  }
}

/** The first gap that is wide enough. */
function freeRoom(bytes: number, placed: readonly Placed[]): number {
  let offset = 0;
  for (const other of placed.toSorted((a, b) => a.offset - b.offset)) {
    if (other.offset - offset >= bytes) break;
    offset = other.offset + other.bytes;
  }
  if (offset + bytes > ROOM) {
    throw new OpenFlowError("NXTTMFC_TABLE_FULL", `no room for ${bytes} bytes at ${KEY_TUN_METADATA + offset}`);
  }
  return offset;
}
