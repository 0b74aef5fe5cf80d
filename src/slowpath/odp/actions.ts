/**
 * What: datapath actions in ovs-dpctl's text: `ct_clear,set(eth(…)),set(ipv4(ttl=63)),veth1`. `select(…)` is ours alone.
 * Invariants: text that `formatDatapathActions` made parses to the same actions, but for addresses of counters.
 */
import type { DatapathAction, SelectBucket } from "../../fastpath/datapath-action.ts";
import { formatMac, parseMac } from "../flow/address-text.ts";
import { formatCt, parseCt } from "./ct-text.ts";
import { type DatapathPortNames, formatDatapathPort, parseDatapathPort } from "./port-names.ts";
import { DatapathTextError, hex, integer, items, splitTop } from "./scan.ts";
import { formatSelectMethod, parseSelectMethod } from "./select-text.ts";
import { formatSet, parseSet } from "./set-text.ts";
import { formatTunnelHeader, parseTunnelHeader, tunnelPortName } from "./tunnel-header.ts";
import type { TunnelOption } from "./tunnel-text.ts";
import { formatUserspace, parseUserspace } from "./userspace-text.ts";
import { formatEtherType, formatLse, formatTci, parseLse, parseTci } from "./vlan-text.ts";

export interface ActionTextOptions {
  readonly ports?: DatapathPortNames;
  /** The TLV map. */
  readonly tunnelOptions?: readonly TunnelOption[];
  /** IP protocol of the flow: decides between set(tcp(…)), set(udp(…)) and set(sctp(…)). */
  readonly protocol?: number;
  /** Words for drop reasons; without them a drop is `drop`. */
  readonly dropReason?: (reason: number) => string | undefined;
}

const FULL_PROBABILITY = 0xffff_ffff;
const ETH_TYPE_VLAN = 0x8100;

export function formatDatapathActions(actions: readonly DatapathAction[], options: ActionTextOptions = {}): string {
  if (actions.length === 0) return "drop";
  return actions.map((action) => formatAction(action, options)).join(",");
}

function formatAction(action: DatapathAction, options: ActionTextOptions): string {
  const nested = (list: readonly DatapathAction[]): string => formatDatapathActions(list, options);
  switch (action.type) {
    case "output":
      return formatDatapathPort(action.port, options.ports);
    case "userspace":
      return formatUserspace(action);
    case "set":
      return formatSet(action, options.protocol, options.tunnelOptions ?? []);
    case "push_vlan": {
      const tpid = action.tpid === ETH_TYPE_VLAN ? "" : `tpid=${formatEtherType(action.tpid)},`;
      return `push_vlan(${tpid}${formatTci(action.tci, 0xffff, false)})`;
    }
    case "push_mpls":
      return `push_mpls(${formatLse(action.lse)},eth_type=0x${action.etherType.toString(16)})`;
    case "pop_mpls":
      return `pop_mpls(eth_type=0x${action.etherType.toString(16)})`;
    case "push_eth":
      return `push_eth(src=${formatMac(action.source)},dst=${formatMac(action.destination)})`;
    case "add_mpls":
      return `add_mpls(${formatLse(action.lse)},eth_type=0x${action.etherType.toString(16)})`;
    case "pop_eth":
    case "pop_vlan":
    case "ct_clear":
      return action.type;
    case "ct":
      return formatCt(action);
    case "hash":
      return `hash(${action.algorithm}(${action.basis}))`;
    case "recirc":
      return `recirc(${hex(action.id)})`;
    case "select":
      return `select(${[formatSelectMethod(action.method), ...action.buckets.map((bucket) => formatBucket(bucket, nested))].join(",")})`;
    case "sample":
      return `sample(sample=${((100 * action.probability) / FULL_PROBABILITY).toFixed(1)}%,actions(${nested(action.actions)}))`;
    case "clone":
      return `clone(${nested(action.actions)})`;
    case "trunc":
      return `trunc(${action.length})`;
    case "check_pkt_len":
      return `check_pkt_len(size=${action.length},gt(${nested(action.greater)}),le(${nested(action.lessOrEqual)}))`;
    case "meter":
      return `meter(${action.index})`;
    case "tunnel_push":
      return (
        `tnl_push(tnl_port(${tunnelPortName(action)}),${formatTunnelHeader(action)},` +
        `out_port(${formatDatapathPort(action.port, options.ports)}))`
      );
    case "tunnel_pop":
      return `tnl_pop(${formatDatapathPort(action.port, options.ports)})`;
    case "drop": {
      const reason = options.dropReason?.(action.reason);
      return reason === undefined ? "drop" : `drop(${reason})`;
    }
  }
}

function formatBucket(bucket: SelectBucket, nested: (list: readonly DatapathAction[]) => string): string {
  const dead = bucket.alive ? "" : "dead,";
  return `bucket(id=${bucket.id},weight=${bucket.weight},${dead}actions(${nested(bucket.actions)}))`;
}

/** @throws DatapathTextError */
export function parseDatapathActions(text: string, options: ActionTextOptions = {}): DatapathAction[] {
  if (text.trim() === "drop") return [];
  const actions = items(text).map(({ name, inside }) => parseAction(name, inside, options));
  return actions.map((action, index) =>
    action.type === "add_mpls" ? { ...action, covers: startOfPacket(actions.slice(0, index)) } : action,
  );
}

/** What a packet begins with after these actions. */
function startOfPacket(actions: readonly DatapathAction[]): "ethernet" | "network" {
  const last = actions.findLast(({ type }) => type === "pop_eth" || type === "push_eth" || type === "add_mpls");
  return last === undefined || last.type === "push_eth" ? "ethernet" : "network";
}

function parseAction(name: string, inside: string | undefined, options: ActionTextOptions): DatapathAction {
  if (inside === undefined) {
    if (name === "pop_vlan" || name === "pop_eth" || name === "ct_clear") return { type: name };
    if (name === "ct") return parseCt("");
    return { type: "output", port: parseDatapathPort(name, options.ports) };
  }
  switch (name) {
    case "userspace":
      return parseUserspace(inside);
    case "set":
      return parseSet(inside, options.tunnelOptions ?? []);
    case "push_vlan": {
      const tpid = items(inside).find((part) => part.name === "tpid")?.value;
      return {
        type: name,
        tpid: tpid === undefined ? ETH_TYPE_VLAN : integer(tpid, "tpid"),
        tci: parseTci(inside).tci,
      };
    }
    case "push_mpls":
      return { type: name, etherType: etherTypeIn(inside), lse: parseLse(inside).lse };
    case "pop_mpls":
      return { type: name, etherType: etherTypeIn(inside) };
    case "push_eth":
      return { type: name, source: macIn(inside, "src"), destination: macIn(inside, "dst") };
    case "add_mpls":
      return { type: name, etherType: etherTypeIn(inside), lse: parseLse(inside).lse, covers: "ethernet" };
    case "ct":
      return parseCt(inside);
    case "hash":
      return { type: name, ...parseHash(inside) };
    case "recirc":
      return { type: name, id: integer(inside, "recirculation id") };
    case "trunc":
      return { type: name, length: integer(inside, "length") };
    case "meter":
      return { type: name, index: integer(inside, "meter index") };
    case "tnl_pop":
      return { type: "tunnel_pop", port: parseDatapathPort(inside, options.ports) };
    case "clone":
      return { type: name, actions: parseDatapathActions(inside, options) };
  }
  return parseNested(name, inside, options);
}

function parseNested(name: string, inside: string, options: ActionTextOptions): DatapathAction {
  const parts = items(inside);
  const within = (part: string): string => {
    const found = parts.find((candidate) => candidate.name === part);
    if (!found) throw new DatapathTextError(`${name}(${inside}): ${part} is missing`);
    return found.inside ?? found.value ?? "";
  };
  switch (name) {
    case "sample": {
      const percent = /^(\d+(?:\.\d+)?)%$/.exec(within("sample"));
      if (!percent) throw new DatapathTextError(`sample(${inside}): sample must be a percentage`);
      const probability = Math.round((Number(percent[1]) / 100) * FULL_PROBABILITY);
      return { type: name, probability, actions: parseDatapathActions(within("actions"), options) };
    }
    case "check_pkt_len":
      return {
        type: name,
        length: integer(within("size"), "size"),
        greater: parseDatapathActions(within("gt"), options),
        lessOrEqual: parseDatapathActions(within("le"), options),
      };
    case "tnl_push":
      return {
        type: "tunnel_push",
        port: parseDatapathPort(within("out_port"), options.ports),
        ...parseTunnelHeader(within("header")),
      };
    case "select": {
      const [method, ...buckets] = splitTop(inside);
      return {
        type: name,
        method: parseSelectMethod(method),
        buckets: buckets.map((bucket) => parseBucket(bucket, options)),
      };
    }
  }
  throw new DatapathTextError(`${name}(${inside}): unknown action`);
}

function parseBucket(text: string, options: ActionTextOptions): SelectBucket {
  const parts = new Map(
    items(items(text)[0]?.inside ?? "").map(({ name, value, inside }) => [name, inside ?? value ?? ""]),
  );
  return {
    id: integer(parts.get("id"), "id"),
    weight: integer(parts.get("weight"), "weight"),
    alive: !parts.has("dead"),
    actions: parseDatapathActions(parts.get("actions") ?? "drop", options),
    counters: 0,
  };
}

function macIn(inside: string, name: string): Uint8Array {
  const mac = parseMac(items(inside).find((part) => part.name === name)?.value ?? "");
  if (mac === undefined) throw new DatapathTextError(`push_eth(${inside}): no address "${name}"`);
  return mac;
}

function etherTypeIn(text: string): number {
  return integer(items(text).find(({ name }) => name === "eth_type")?.value, "eth_type");
}

function parseHash(text: string): { algorithm: "l4" | "sym_l4"; basis: number } {
  const [{ name, inside }] = items(text);
  if (name !== "l4" && name !== "sym_l4") throw new DatapathTextError(`hash(${text}): unknown algorithm`);
  return { algorithm: name, basis: integer(inside, "basis") };
}
