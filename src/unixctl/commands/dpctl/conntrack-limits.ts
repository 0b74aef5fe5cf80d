/** dpctl/ct-set-limits, ct-get-limits, ct-del-limits: how many connections a zone may have. */
import { dpctlCommand, dpctlError, INVALID, openDatapath } from "./dpctl.ts";

const ANY_NUMBER = Number.POSITIVE_INFINITY;

export const setLimits = dpctlCommand(
  "ct-set-limits",
  "[dp] [default=L] [zone=N,limit=L]...",
  1,
  ANY_NUMBER,
  async (request) => {
    const words = [...openDatapath(request, ANY_NUMBER).rest];
    const { datapath } = request.daemon.switch;
    const limits: [zone: number | undefined, limit: number][] = [];
    if (words[0]?.startsWith("default=")) {
      const limit = /^default=(\d+)/.exec(words.shift()!);
      if (limit === null) throw dpctlError("invalid default limit", INVALID);
      limits.push([undefined, Number(limit[1])]);
    }
    for (const word of words) limits.push(zoneLimit(word));
    for (const [zone, limit] of limits) datapath.conntrack.setZoneLimit(zone, limit);
    await datapath.barrier();
    return "";
  },
);

/** "zone=5,limit=10" */
function zoneLimit(text: string): [zone: number, limit: number] {
  const values = new Map<string, number>();
  for (const pair of text.split(",")) {
    const [name, value = ""] = pair.split("=");
    if (name !== "zone" && name !== "limit") throw dpctlError(`invalid zone limit field: ${name}`, INVALID);
    if (!/^\d+$/.test(value)) throw dpctlError(`failed to parse field ${name}`, INVALID);
    values.set(name, Number(value));
  }
  const [zone, limit] = [values.get("zone"), values.get("limit")];
  if (zone === undefined || limit === undefined) throw dpctlError("failed to parse zone limit", INVALID);
  return [zone, limit];
}

export const deleteLimits = dpctlCommand("ct-del-limits", "[dp] zone=N1[,N2]...", 1, 2, async (request) => {
  const { rest } = openDatapath(request, 2);
  const { datapath } = request.daemon.switch;
  for (const zone of zones(rest[0] ?? "")) datapath.conntrack.deleteZoneLimit(zone);
  await datapath.barrier();
  return "";
});

export const getLimits = dpctlCommand("ct-get-limits", "[dp] [zone=N1[,N2]...]", 0, 2, (request) => {
  const { rest } = openDatapath(request, 2);
  const limits = request.daemon.switch.datapath.conntrack.zoneLimits();
  const wanted = rest[0] === undefined ? undefined : zones(rest[0]);
  const shown = wanted?.map(
    (zone) => limits.zones.find((one) => one.zone === zone) ?? { zone, limit: limits.default, count: 0 },
  );
  const lines = (shown ?? limits.zones).map(({ zone, limit, count }) => `\nzone=${zone},limit=${limit},count=${count}`);
  return `default limit=${limits.default}${lines.join("")}`;
});

/** "zone=1,2" */
function zones(text: string): number[] {
  if (!text.startsWith("zone=")) throw dpctlError(`invalid argument ${text}`, INVALID);
  return text
    .slice("zone=".length)
    .split(",")
    .map((zone) => {
      if (!/^\d+/.test(zone)) throw dpctlError("invalid zone", INVALID);
      return Number.parseInt(zone, 10);
    });
}
