/** What: meters in ovs-ofctl's text: `meter=1 kbps burst bands=type=drop rate=1000 burst_size=100`. */
import { FlowTextError } from "../flow/subfield.ts";
import { parseInteger } from "../flow/value-text.ts";
import { METER_CONTROLLER, METER_MAX, METER_SLOWPATH } from "./meters.ts";
import type { MeterMod } from "./modification.ts";
import type { Meter } from "./rule.ts";

const virtualIds: Readonly<Record<string, number>> = { controller: METER_CONTROLLER, slowpath: METER_SLOWPATH };

/** @throws FlowTextError */
export function parseMeter(text: string, command: MeterMod["command"] = "add"): MeterMod {
  const [head, bandText] = text.split(/(?:^|[,\s])bands?=/, 2);
  if (command !== "delete" && bandText === undefined) throw new FlowTextError("must specify bands");
  const words = new Set(head.split(/[,\s]+/).filter((word) => word !== ""));
  let id: MeterMod["id"] | undefined;
  for (const word of words) {
    if (word.startsWith("meter=")) id = parseMeterId(word.slice("meter=".length), command);
    else if (!["kbps", "pktps", "burst", "stats"].includes(word)) throw new FlowTextError(`unknown keyword ${word}`);
  }
  if (id === undefined) throw new FlowTextError("must specify 'meter'");
  if (command === "delete") return { kind: "meter", command, id };
  if (!words.has("kbps") && !words.has("pktps")) throw new FlowTextError("meter must specify either 'kbps' or 'pktps'");
  const burst = words.has("burst");
  return {
    kind: "meter",
    command,
    id,
    config: {
      unit: words.has("kbps") ? "kbps" : "pktps",
      burst,
      stats: words.has("stats"),
      bands: parseBands(bandText, burst),
    },
  };
}

function parseMeterId(text: string, command: MeterMod["command"]): MeterMod["id"] {
  if (text === "all" && command === "delete") return "all";
  const id = virtualIds[text] ?? Number(parseInteger(text) ?? 0n);
  if (id === 0 || (id > METER_MAX && virtualIds[text] === undefined))
    throw new FlowTextError("invalid value for meter");
  return id;
}

function parseBands(text: string, burst: boolean): Meter["bands"] {
  const bands: { type: "drop"; rate: number; burst: number }[] = [];
  for (const word of text.split(/[,\s]+/).filter((part) => part !== "")) {
    const [key, value = ""] = word.split("=", 2);
    if (key === "type") {
      if (value !== "drop") throw new FlowTextError(`field type unknown value ${value}`);
      bands.push({ type: "drop", rate: 0, burst: 0 });
      continue;
    }
    const band = bands.at(-1);
    if (!band) throw new FlowTextError("band must start with the 'type' keyword");
    const number = parseInteger(value);
    if (number === undefined || number > 0xffff_ffffn) throw new FlowTextError(`field ${key} missing value`);
    if (key === "rate") band.rate = Number(number);
    else if (key === "burst_size") band.burst = Number(number);
    else throw new FlowTextError(`unknown keyword ${key}`);
  }
  if (bands.length === 0) throw new FlowTextError("meter must have bands");
  for (const band of bands) {
    if (band.rate === 0) throw new FlowTextError("band must have 'rate'");
    if (burst && band.burst === 0) throw new FlowTextError("band must have 'burst_size' when 'burst' flag is set");
    if (!burst && band.burst) throw new FlowTextError("band may have 'burst_size' only when 'burst' flag is set");
  }
  return bands;
}

function formatMeterId(id: number): string {
  return Object.entries(virtualIds).find(([, number]) => number === id)?.[0] ?? String(id);
}

/** An entry of `ovs-ofctl dump-meters`: one line for the meter, one for each band. */
export function formatMeter(meter: Meter): string {
  const flags = [meter.unit, meter.burst ? "burst" : "", meter.stats ? "stats" : ""].filter((word) => word !== "");
  const bands = meter.bands.map(({ type, rate, burst }) => {
    const size = meter.burst ? ` burst_size=${burst}` : "";
    return `\ntype=${type} rate=${rate}${size}`;
  });
  return `meter=${formatMeterId(meter.id)} ${flags.join(" ")} bands=${bands.join("")}`;
}
