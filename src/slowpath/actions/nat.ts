/** `nat`, `nat(src=MIN[-MAX][:PORT[-PORT]][,persistent][,hash|random])`: what ct() does to addresses and ports. */
import { formatIpv6, parseAddress } from "../flow/address-text.ts";
import type { NatAction } from "./action.ts";
import type { ActionDefinition } from "./definition.ts";
import { ActionSyntaxError, parseInteger, type Token, tokens } from "./scan.ts";

interface Range {
  readonly addressMin?: Uint8Array;
  readonly addressMax?: Uint8Array;
  readonly portMin?: number;
  readonly portMax?: number;
}

function address(text: string, bytes: 4 | 16, whole: string): Uint8Array {
  const parsed = parseAddress(text, bytes);
  if (!parsed || text.includes("/")) throw new ActionSyntaxError(`invalid nat range "${whole}"`);
  return parsed.address;
}

function parseRange(text: string): Range {
  const colons = text.split(":").length - 1;
  const bracketed = /^\[([^\]]+)\](?:-\[([^\]]+)\])?(?::(.+))?$/.exec(text);
  const parts =
    bracketed ?? (colons > 1 ? /^([^-]+)(?:-([^-]+))?()$/ : /^([^-:]+)(?:-([^-:]+))?(?::(.+))?$/).exec(text);
  if (!parts) throw new ActionSyntaxError(`invalid nat range "${text}"`);
  const bytes = bracketed || colons > 1 ? 16 : 4;
  const addressMin = address(parts[1], bytes, text);
  const addressMax = parts[2] === undefined ? undefined : address(parts[2], bytes, text);
  if (addressMax && Buffer.compare(addressMin, addressMax) > 0) {
    throw new ActionSyntaxError(`invalid nat range "${text}"`);
  }
  if (!parts[3]) return { addressMin, ...(addressMax && { addressMax }) };
  const [low, high] = parts[3].split("-");
  const portMin = parseInteger(low, 0xffff, "nat port");
  const portMax = high === undefined ? undefined : parseInteger(high, 0xffff, "nat port");
  if (portMax !== undefined && portMax < portMin) throw new ActionSyntaxError(`invalid nat range "${text}"`);
  return { addressMin, ...(addressMax && { addressMax }), portMin, ...(portMax !== undefined && { portMax }) };
}

export function parseNat(token: Token): NatAction {
  let direction: NatAction["direction"];
  let range: Range = {};
  const flags = new Set<string>();
  for (const { key, value } of tokens(token.value)) {
    if (key === "src" || key === "dst") {
      if (direction) throw new ActionSyntaxError('May only specify one of "src" or "dst".');
      direction = key;
      if (value !== "") range = parseRange(value);
    } else if (key === "persistent" || key === "hash" || key === "random") {
      flags.add(key);
    } else {
      throw new ActionSyntaxError(`invalid key "${key}" in "nat" argument`);
    }
  }
  if (!direction && flags.size > 0) throw new ActionSyntaxError('Flags allowed only with "src" or "dst".');
  if (flags.has("hash") && flags.has("random")) {
    throw new ActionSyntaxError('Both "hash" and "random" are not allowed.');
  }
  const options = Object.fromEntries([...flags].map((flag) => [flag, true]));
  return { type: "nat", ...(direction && { direction }), ...range, ...options };
}

function formatNatAddress(bytes: Uint8Array, brackets: boolean): string {
  if (bytes.length === 4) return bytes.join(".");
  return brackets ? `[${formatIpv6(bytes)}]` : formatIpv6(bytes);
}

function formatRange({ addressMin, addressMax, portMin, portMax }: NatAction): string {
  if (!addressMin) return "";
  const brackets = portMin !== undefined && portMin !== 0;
  let text = `=${formatNatAddress(addressMin, brackets)}`;
  if (addressMax && Buffer.compare(addressMin, addressMax) !== 0) text += `-${formatNatAddress(addressMax, brackets)}`;
  if (brackets) text += `:${portMin}`;
  if (brackets && portMax && portMax !== portMin) text += `-${portMax}`;
  return text;
}

export function formatNat(action: NatAction): string {
  if (!action.direction) return "nat";
  const flags = [action.persistent && "persistent", action.hash && "hash", action.random && "random"];
  return `nat(${[`${action.direction}${formatRange(action)}`, ...flags].filter(Boolean).join(",")})`;
}

/** Only inside ct(); translation of ct() uses it. */
export const nat: ActionDefinition<NatAction> = {
  type: "nat",
  keywords: ["nat"],
  parse: parseNat,
  format: formatNat,
  translate(context, action) {
    context.nat = action;
    return undefined;
  },
};
