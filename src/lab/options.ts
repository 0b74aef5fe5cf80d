/** What a lab can be asked for. */
import { CommandError, EXIT_USAGE } from "../control/command-error.ts";
import { MOST_CLIENTS } from "./topology.ts";

export const LAB_PORTS = ["tap", "veth", "af_xdp"] as const;
export type LabPorts = (typeof LAB_PORTS)[number];

export interface LabOptions {
  /** TAP devices in the hosts' namespaces, or the blog's veth pairs whose other ends the switch reads by packet sockets or AF_XDP. */
  readonly ports: LabPorts;
  /** false: no checksum or segmentation offload anywhere on the way. */
  readonly offloads: boolean;
  readonly mtu: number;
  /** Addresses the client curls from. */
  readonly clients: number;
  /** Of the load balancer; empty: OVN's default, dp_hash. */
  readonly selectionFields: readonly string[];
  /** A folder with a flow dump and a group dump of real OVN to load instead of the embedded northbound's rules. */
  readonly rules?: string;
  /** How the fast path runs select groups: in one pass, or as OVS does, by hash and recirculation. */
  readonly select: "one-pass" | "recirculate";
  /** Known flows between veths are forwarded by the kernel. */
  readonly hwOffload: boolean;
}

export const DEFAULT_OPTIONS: LabOptions = {
  ports: "tap",
  offloads: true,
  mtu: 1500,
  clients: 1,
  selectionFields: [],
  select: "one-pass",
  hwOffload: false,
};

/** Those OVN's northbound schema allows. */
export const SELECTION_FIELDS = ["eth_src", "eth_dst", "ip_src", "ip_dst", "tp_src", "tp_dst"];

/** @throws CommandError naming the option that is out of bounds. */
export function checkOptions(options: LabOptions): LabOptions {
  for (const field of options.selectionFields) {
    if (!SELECTION_FIELDS.includes(field)) {
      throw new CommandError(
        `"${field}" is not a selection field: choose from ${SELECTION_FIELDS.join(", ")}`,
        EXIT_USAGE,
      );
    }
  }
  if (options.clients < 1 || options.clients > MOST_CLIENTS) {
    throw new CommandError(`--clients takes 1 to ${MOST_CLIENTS}, the addresses 2.1.1.10 to 2.1.1.254`, EXIT_USAGE);
  }
  if (options.mtu < 576 || options.mtu > 65521) {
    throw new CommandError("--mtu takes 576 to 65521 bytes", EXIT_USAGE);
  }
  return options;
}
