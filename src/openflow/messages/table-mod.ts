/** TABLE_MOD: what happens to packets that no rule of a table matches (1.1, 1.2), eviction and vacancy (1.4+). */

import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, unknownProperty } from "../wire/property.ts";
import { OF14, type Version } from "../wire/version.ts";
import { type MessageCodec, message } from "./definition.ts";

export type TableMiss = "default" | "controller" | "continue" | "drop";

export interface TableMod {
  readonly type: "table_mod";
  readonly table: number;
  /** undefined: the version has no say in it. */
  readonly miss?: TableMiss;
  readonly eviction?: boolean;
  /** undefined: the version has no say in it; "off": nobody wants to be told. */
  readonly vacancy?: { readonly down: number; readonly up: number } | "off";
}

const MISS_BITS = 3;
const EVICTION = 1 << 2;
const VACANCY_EVENTS = 1 << 3;
const EVICTION_PROPERTY = 2;
const VACANCY_PROPERTY = 3;
const misses: readonly TableMiss[] = ["controller", "continue", "drop"];

function missOf(bits: number, version: Version): TableMiss | undefined {
  if (version > 3) return undefined;
  return misses[bits & MISS_BITS];
}

export const tableMod: MessageCodec<TableMod> = {
  type: "table_mod",
  places: [message("1.1+", 17)],
  read(body, { version }) {
    const table = body.u8();
    body.skip(3);
    const config = body.u32();
    const allowed = version < OF14 ? MISS_BITS : EVICTION | VACANCY_EVENTS;
    if (config & ~allowed)
      throw new OpenFlowError("OFPTMFC_BAD_CONFIG", `table configuration 0x${config.toString(16)}`);
    if (version < OF14) return { type: "table_mod", table, miss: missOf(config, version) };
    let vacancy: { readonly down: number; readonly up: number } | undefined;
    for (const property of readProperties(body)) {
      if (property.experimenter !== 0) throw unknownProperty(property);
      // What eviction goes by cannot be chosen: whatever is said of it, as OVS takes it, says nothing.
      if (property.type === EVICTION_PROPERTY) continue;
      if (property.type !== VACANCY_PROPERTY) throw unknownProperty(property);
      const down = property.body.u8();
      const up = property.body.u8();
      if (down > up || up > 100) throw new OpenFlowError("OFPBPC_BAD_VALUE", `vacancy from ${down} to ${up}`);
      vacancy = { down, up };
    }
    return {
      type: "table_mod",
      table,
      eviction: (config & EVICTION) !== 0,
      vacancy: config & VACANCY_EVENTS ? (vacancy ?? { down: 0, up: 0 }) : "off",
    };
  },
};
