/** dpctl/parse-actions, dpctl/normalize-actions: what the datapath's text is understood as. */
import {
  KEY_ETH_TYPE,
  KEY_MPLS_LSE0,
  KEY_VLAN_TCI0,
  KEY_VLAN_TPID0,
  VLAN_CFI,
} from "../../../../assembly/layout/key.ts";
import type { DatapathAction } from "../../../fastpath/datapath-action.ts";
import { ETH_TYPE_MPLS, ETH_TYPE_MPLS_MULTICAST } from "../../../slowpath/flow/prerequisites.ts";
import { formatDatapathActions } from "../../../slowpath/odp/actions.ts";
import { formatKey } from "../../../slowpath/odp/key.ts";
import { portNames } from "../../datapaths.ts";
import { readActions, readKey } from "../../odp-text.ts";
import { dpctlCommand, dpctlError, INVALID } from "./dpctl.ts";

const ANY_NUMBER = Number.POSITIVE_INFINITY;
const ETH_TYPE_VLAN = 0x8100;

export const parseActions = dpctlCommand("parse-actions", "actions", 1, ANY_NUMBER, ({ words }) =>
  words
    .map((word) => {
      const actions = readActions(word);
      if (actions === undefined) throw dpctlError("odp_actions_from_string", INVALID);
      return `${formatDatapathActions(actions)}\n`;
    })
    .join(""),
);

interface Tag {
  readonly tpid: number;
  readonly tci: number;
}

/** Outputs are listed by the tags that the packet has then, in order of ports: two programs that do the same look the same. */
export const normalizeActions = dpctlCommand("normalize-actions", "actions", 2, ANY_NUMBER, ({ daemon, words }) => {
  const [keyText, actionsText, ...names] = words;
  const ports = new Map(names.map(namedPort));
  const known = portNames(daemon);
  const numberOf = (name: string): number | undefined => ports.get(name) ?? known.numberOf(name);
  const key = readKey(keyText, { ...known, numberOf });
  if (typeof key === "string") throw dpctlError(`odp_flow_key_from_string (${key})`, INVALID);
  const actions = readActions(actionsText, { ...known, numberOf });
  if (actions === undefined) throw dpctlError("odp_actions_from_string", INVALID);
  const view = new DataView(key.key.buffer, key.key.byteOffset);
  const tci = view.getUint16(KEY_VLAN_TCI0);
  const tags: Tag[] = tci & VLAN_CFI ? [{ tpid: view.getUint16(KEY_VLAN_TPID0), tci }] : [];
  const etherType = view.getUint16(KEY_ETH_TYPE);
  const isMpls = etherType === ETH_TYPE_MPLS || etherType === ETH_TYPE_MPLS_MULTICAST;
  const mpls = isMpls ? mplsText(view.getUint32(KEY_MPLS_LSE0)) : "no mpls: ";
  const groups = byTags(actions, tags).map(
    ([title, list]) => `${title}${mpls}${formatDatapathActions(sortOutputs(list))}`,
  );
  const text = formatKey(key).replace(/^recirc_id\(0\/0\),|,packet_type\(ns=0,id=0\)/g, "");
  return `input flow: ${text}\n${groups.join("")}`;
});

function namedPort(text: string): [string, number] {
  const found = /^([^=]{1,15})=(\d+)/.exec(text);
  if (found === null) throw dpctlError(`${text}: expected NAME=NUMBER`);
  return [found[1], Number(found[2])];
}

/** Titles with what happens under them, packets without a tag first. */
function byTags(actions: readonly DatapathAction[], start: readonly Tag[]): [title: string, DatapathAction[]][] {
  const groups = new Map<string, DatapathAction[]>();
  let tags = start;
  for (const action of actions) {
    if (action.type === "pop_vlan") tags = tags.slice(1);
    else if (action.type === "push_vlan") tags = [{ tpid: action.tpid, tci: action.tci | VLAN_CFI }, ...tags];
    else {
      const title = tags.length === 0 ? "no vlan: " : tags.map(tagText).join("");
      groups.set(title, [...(groups.get(title) ?? []), action]);
    }
  }
  return [...groups].sort(([a], [b]) => (a === "no vlan: " ? -1 : b === "no vlan: " ? 1 : a < b ? -1 : 1));
}

function tagText({ tpid, tci }: Tag): string {
  const type = tpid === ETH_TYPE_VLAN ? "" : `tpid=0x${tpid.toString(16).padStart(4, "0")},`;
  return `vlan(${type}vid=${tci & 0xfff},pcp=${tci >> 13}): `;
}

function mplsText(lse: number): string {
  return `mpls(label=${lse >>> 12},tc=${(lse >>> 9) & 7},ttl=${lse & 0xff}): `;
}

/** Outputs that follow each other, by port. */
function sortOutputs(actions: readonly DatapathAction[]): DatapathAction[] {
  const sorted: DatapathAction[] = [];
  let run: Extract<DatapathAction, { type: "output" }>[] = [];
  const flush = (): void => {
    sorted.push(...run.sort((a, b) => a.port - b.port));
    run = [];
  };
  for (const action of actions) {
    if (action.type === "output") run.push(action);
    else {
      flush();
      sorted.push(action);
    }
  }
  flush();
  return sorted;
}
