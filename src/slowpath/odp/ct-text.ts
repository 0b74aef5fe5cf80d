/** The ct action in datapath text: `ct(commit,zone=2,mark=0x2/0x2,nat(dst=1.1.1.100:8000))`. */
import type { CtAction, NatRange } from "../../fastpath/datapath-action.ts";
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from "../flow/address-text.ts";
import { sameBytes } from "../flow/flow.ts";
import { DatapathTextError, integer, items } from "./scan.ts";
import { formatMasked, parseMasked } from "./values.ts";

/** A mark and a label print their mask even when it is whole. */
function formatWithMask(value: Uint8Array, mask: Uint8Array): string {
  const text = formatMasked(value, mask, "hex");
  return text.includes("/") ? text : `${text}/${formatMasked(mask, mask, "hex")}`;
}

export function formatCt(action: CtAction): string {
  const parts: string[] = [];
  if (action.commit) parts.push(action.force ? "force_commit" : "commit");
  if (action.zone) parts.push(`zone=${action.zone}`);
  if (action.mark) parts.push(`mark=${formatWithMask(action.mark.value, action.mark.mask)}`);
  if (action.label) parts.push(`label=${formatMasked(action.label.value, action.label.mask, "hex")}`);
  if (action.helper) parts.push(`helper=${action.helper}`);
  if (action.timeoutPolicy) parts.push(`timeout=${action.timeoutPolicy}`);
  if (action.nat) parts.push(formatNat(action.nat));
  return parts.length === 0 ? "ct" : `ct(${parts.join(",")})`;
}

function formatNat(nat: NatRange): string {
  if (!nat.type) return "nat";
  const options = [formatRange(nat)];
  if (nat.persistent) options.push("persistent");
  if (nat.hash) options.push("hash");
  if (nat.random) options.push("random");
  return `nat(${options.join(",")})`;
}

function formatRange({ type, addressMin, addressMax, portMin, portMax }: NatRange): string {
  if (!addressMin && !portMin) return type!;
  const address = (bytes: Uint8Array): string => {
    if (bytes.length === 4) return formatIpv4(bytes);
    return portMin ? `[${formatIpv6(bytes)}]` : formatIpv6(bytes);
  };
  let text = `${type}=`;
  if (addressMin) {
    text += address(addressMin);
    if (addressMax && !sameBytes(addressMin, addressMax)) text += `-${address(addressMax)}`;
  }
  if (portMin) {
    text += `:${portMin}`;
    if (portMax && portMax !== portMin) text += `-${portMax}`;
  }
  return text;
}

type Draft = { -readonly [K in keyof CtAction]: CtAction[K] };

/** @throws DatapathTextError */
export function parseCt(text: string): CtAction {
  const action: Draft = { type: "ct", zone: 0 };
  for (const { name, value = "", inside } of items(text)) {
    switch (name) {
      case "commit":
        action.commit = true;
        break;
      case "force_commit":
        action.commit = true;
        action.force = true;
        break;
      case "zone":
        action.zone = integer(value, name);
        break;
      case "mark":
        action.mark = parseMasked(value, "hex", 4);
        break;
      case "label":
        action.label = parseMasked(value, "hex", 16);
        break;
      case "helper":
        if (value !== "ftp" && value !== "tftp") throw new DatapathTextError(`${value}: no such helper`);
        action.helper = value;
        break;
      case "timeout":
        action.timeoutPolicy = integer(value, name);
        break;
      case "nat":
        action.nat = inside === undefined ? {} : parseNat(inside);
        break;
      default:
        throw new DatapathTextError(`ct(${text}): unknown option ${name}`);
    }
  }
  return action;
}

type NatDraft = { -readonly [K in keyof NatRange]: NatRange[K] };

function parseNat(text: string): NatRange {
  const nat: NatDraft = {};
  for (const { name, value } of items(text)) {
    if (name === "src" || name === "dst") {
      nat.type = name;
      if (value !== undefined) parseRange(value, nat);
    } else if (name === "persistent" || name === "hash" || name === "random") {
      nat[name] = true;
    } else {
      throw new DatapathTextError(`nat(${text}): unknown option ${name}`);
    }
  }
  return nat;
}

/** `1.1.1.1-1.1.1.9:80-90`, `[fd00::1]-[fd00::9]:80`, `fd00::1`, `:80`. */
function parseRange(text: string, nat: NatDraft): void {
  const bracketed = /^\[([^\]]*)\](?:-\[([^\]]*)\])?(?::(\d+)(?:-(\d+))?)?$/.exec(text);
  const dotted = /^([\d.]*)(?:-([\d.]+))?(?::(\d+)(?:-(\d+))?)?$/.exec(text);
  const plain = /^([0-9a-f:.]+)(?:-([0-9a-f:.]+))?$/i.exec(text);
  const [, from, to, low, high] = bracketed ?? dotted ?? plain ?? [];
  const parse = dotted && !bracketed ? parseIpv4 : parseIpv6;
  if (from) {
    nat.addressMin = parse(from);
    nat.addressMax = to ? parse(to) : nat.addressMin;
  }
  if ((from && !nat.addressMin) || (to && !nat.addressMax) || (!from && !low)) {
    throw new DatapathTextError(`${text}: not a range of addresses and ports`);
  }
  if (low) {
    nat.portMin = Number(low);
    nat.portMax = high ? Number(high) : nat.portMin;
  }
}
