/** `dpctl/ct-…-limits`: how many connections a zone may have. */
import { splitKeyValues } from "../../slowpath/flow/match-text.ts";
import type { UnixctlCommand } from "../command.ts";
import { dpctlError, parseDpctlWords } from "../dpctl-words.ts";

const setLimits: UnixctlCommand = {
  name: "dpctl/ct-set-limits",
  usage: "[dp] [default=L] [zone=N,limit=L]...",
  minimum: 1,
  maximum: Number.POSITIVE_INFINITY,
  run(daemon, words) {
    const { conntrack } = daemon.switch.datapath;
    const rest = [...parseDpctlWords(words).rest];
    let standard: number | undefined;
    if (rest[0]?.startsWith("default=")) {
      const text = rest.shift()!.slice("default=".length);
      if (!/^\d+$/.test(text)) throw dpctlError("invalid default limit");
      standard = Number(text);
    }
    const zones = rest.map(parseZoneLimit);
    if (standard !== undefined) conntrack.setZoneLimit(undefined, standard);
    for (const { zone, limit } of zones) conntrack.setZoneLimit(zone, limit);
    return "";
  },
};

const getLimits: UnixctlCommand = {
  name: "dpctl/ct-get-limits",
  usage: "[dp] [zone=N1[,N2]...]",
  minimum: 0,
  maximum: 2,
  run(daemon, words) {
    const asked = parseDpctlWords(words).rest[0];
    const { default: standard, zones } = daemon.switch.datapath.conntrack.zoneLimits();
    const wanted = asked === undefined ? zones.map(({ zone }) => zone) : parseZones(asked);
    const lines = wanted.map((zone) => {
      const { limit = standard, count = 0 } = zones.find((one) => one.zone === zone) ?? {};
      return `\nzone=${zone},limit=${limit},count=${count}`;
    });
    return `default limit=${standard}${lines.join("")}\n`;
  },
};

const deleteLimits: UnixctlCommand = {
  name: "dpctl/ct-del-limits",
  usage: "[dp] zone=N1[,N2]...",
  minimum: 1,
  maximum: 2,
  run(daemon, words) {
    for (const zone of parseZones(parseDpctlWords(words).rest[0] ?? "")) {
      daemon.switch.datapath.conntrack.deleteZoneLimit(zone);
    }
    return "";
  },
};

/** "zone=1,2,3" */
function parseZones(text: string): number[] {
  if (!text.startsWith("zone=")) throw dpctlError("invalid argument");
  return text
    .slice("zone=".length)
    .split(",")
    .map((zone) => {
      if (!/^\d+$/.test(zone) || Number(zone) > 0xffff) throw dpctlError("failed to parse zone");
      return Number(zone);
    });
}

function parseZoneLimit(text: string): { zone: number; limit: number } {
  const found: { zone?: number; limit?: number } = {};
  for (const { key, value } of splitKeyValues(text)) {
    if (value === "") throw dpctlError(`field ${key} missing value`);
    if (key !== "zone" && key !== "limit") throw dpctlError(`invalid zone limit field: ${key}`);
    if (!/^\d+$/.test(value) || (key === "zone" && Number(value) > 0xffff)) {
      throw dpctlError(`failed to parse field ${key}`);
    }
    found[key] = Number(value);
  }
  if (found.zone === undefined || found.limit === undefined) throw dpctlError("failed to parse zone limit");
  return { zone: found.zone, limit: found.limit };
}

export const conntrackLimits: readonly UnixctlCommand[] = [setLimits, getLimits, deleteLimits];
