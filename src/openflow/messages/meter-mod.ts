/** METER_MOD: command u16, flags u16, id u32, bands { type u16, length u16, rate u32, burst u32, pad u32 }. */
import type { MeterMod } from "../../slowpath/tables/modification.ts";
import type { Meter } from "../../slowpath/tables/rule.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type MessageCodec, message } from "./definition.ts";

export interface MeterModMessage {
  readonly type: "meter_mod";
  readonly mod: MeterMod;
}

export type MeterConfig = NonNullable<MeterMod["config"]>;

const commands: readonly MeterMod["command"][] = ["add", "modify", "delete"];
const METER_ALL = 0xffff_ffff;
const DROP = 1;
const BAND_BYTES = 16;

const KBPS = 1 << 0;
const PKTPS = 1 << 1;
const BURST = 1 << 2;
const STATS = 1 << 3;

function readBands(body: Reader): Meter["bands"] {
  const bands: { type: "drop"; rate: number; burst: number }[] = [];
  while (!body.isEmpty) {
    if (body.remaining < BAND_BYTES) throw new OpenFlowError("OFPBRC_BAD_LEN", "a meter band is cut off");
    const type = body.u16();
    const length = body.u16();
    if (length !== BAND_BYTES) throw new OpenFlowError("OFPBRC_BAD_LEN", `a meter band is ${length} bytes long`);
    const rate = body.u32();
    const burst = body.u32();
    body.skip(4);
    if (type !== DROP) throw new OpenFlowError("OFPMMFC_BAD_BAND", `meter bands of type ${type} are not supported`);
    bands.push({ type: "drop", rate, burst });
  }
  return bands;
}

export function meterFlags({ unit, burst, stats }: MeterConfig): number {
  return (unit === "kbps" ? KBPS : PKTPS) | (burst ? BURST : 0) | (stats ? STATS : 0);
}

export function writeBands(writer: Writer, bands: Meter["bands"]): void {
  for (const { rate, burst } of bands) {
    writer.u16(DROP);
    writer.u16(BAND_BYTES);
    writer.u32(rate);
    writer.u32(burst);
    writer.zeros(4);
  }
}

export const meterMod: MessageCodec<MeterModMessage> = {
  type: "meter_mod",
  places: [message("1.3+", 29)],
  read(body) {
    const number = body.u16();
    const flags = body.u16();
    const id = body.u32();
    const command = commands[number];
    if (!command) throw new OpenFlowError("OFPMMFC_BAD_COMMAND", `meter mod command ${number}`);
    const bands = readBands(body);
    if (command === "delete") {
      return { type: "meter_mod", mod: { kind: "meter", command, id: id === METER_ALL ? "all" : id } };
    }
    if (flags & ~(KBPS | PKTPS | BURST | STATS) || (flags & KBPS && flags & PKTPS)) {
      throw new OpenFlowError("OFPMMFC_BAD_FLAGS", `meter flags 0x${flags.toString(16)}`);
    }
    const config: MeterConfig = {
      unit: flags & PKTPS ? "pktps" : "kbps",
      burst: (flags & BURST) !== 0,
      stats: (flags & STATS) !== 0,
      bands,
    };
    return { type: "meter_mod", mod: { kind: "meter", command, id: id === METER_ALL ? "all" : id, config } };
  },
  write(writer, { mod }) {
    writer.u16(commands.indexOf(mod.command));
    writer.u16(mod.config ? meterFlags(mod.config) : 0);
    writer.u32(mod.id === "all" ? METER_ALL : mod.id);
    writeBands(writer, mod.config?.bands ?? []);
  },
};
