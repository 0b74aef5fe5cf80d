/**
 * The datapath as the slow path sees it: ports, megaflows, upcalls, execution, conntrack, meters, counters.
 *
 * Two implementations share one test table: `WorkerDatapath` (a worker thread owns the module and the ports) and
 * `LocalDatapath` (the module in this thread with in-memory ports; tests, traces, benchmarks).
 */
import type { XdpMode } from "../kernel/bpf/xdp-program.ts";
import type { DatapathAction } from "./datapath-action.ts";
import type { GeneveOption } from "./geneve-options.ts";

/** A frame with its offload metadata: `struct virtio_net_hdr`, 10 bytes, all zero when there is none. */
export interface Frame {
  readonly bytes: Uint8Array;
  readonly vnet: Uint8Array;
}

export type PortSpec =
  /** A TAP device made here; `namespace` (a path or a name under /run/netns) receives it. Internal ports are the same, left at home. */
  | {
      readonly kind: "tap";
      readonly name: string;
      readonly namespace?: string;
      readonly mac?: string;
      readonly mtu?: number;
      readonly offloads?: boolean;
    }
  /** An existing interface (veth, physical). */
  | { readonly kind: "system"; readonly name: string; readonly offloads?: boolean; readonly io?: InterfaceIo }
  /** Tunnel packets of one kind: a UDP port of the host, shared by all who tunnel by it. Output needs tunnel fields (set tunnel). */
  | {
      readonly kind: "tunnel";
      readonly name: string;
      readonly encapsulation: TunnelKind;
      readonly destinationPort: number;
    }
  /** In memory: frames are injected and taken by the test. */
  | { readonly kind: "test"; readonly name: string; readonly mac?: string };

/**
 * How frames come from an existing interface: by a packet socket, or, fewer instructions a frame but none of the offloads, by AF_XDP.
 * Where the kernel refuses AF_XDP, a packet socket takes its place (PortStatus.refused).
 */
export type InterfaceIo = "packet" | "af_xdp";

export type TunnelKind = "geneve" | "vxlan";

export interface PortStatus {
  readonly number: number;
  readonly name: string;
  readonly kind: PortSpec["kind"];
  readonly up: boolean;
  /** Whether the device is set up; undefined: there is no device. */
  readonly enabled?: boolean;
  readonly mac?: string;
  readonly mtu: number;
  readonly ifindex?: number;
  /** Of an existing interface. */
  readonly io?: InterfaceIo;
  /** Of AF_XDP: whether the interface's driver runs the program, or the kernel for it. */
  readonly xdpMode?: XdpMode;
  /** Why it is not AF_XDP that was asked for. */
  readonly refused?: string;
  /** Whether the kernel forwards known flows from and to it. */
  readonly forwards?: boolean;
}

/** Of a counter: nobody counts that. */
export const UNCOUNTED = 2n ** 64n - 1n;

export interface PortStatistics {
  readonly rxPackets: bigint;
  readonly rxBytes: bigint;
  readonly rxDropped: bigint;
  /** Of rxDropped: frames for which the kernel's ring or queue before the port had no room. The fast path never saw them. */
  readonly rxMissed: bigint;
  readonly rxErrors: bigint;
  readonly txPackets: bigint;
  readonly txBytes: bigint;
  readonly txDropped: bigint;
  readonly txErrors: bigint;
}

/** One upcall, valid only during the handler's call: `key` and `frame` are views into the ring. */
export interface Upcall {
  readonly reason: "miss" | "action" | "slow_path";
  readonly inPort: number;
  readonly argument: number;
  readonly cookie: bigint;
  readonly depth: number;
  /** KEY_SIZE bytes, layout KEY_*. */
  readonly key: Uint8Array;
  readonly frame: Uint8Array;
  /** Bytes of the frame: to ask is cheaper than to look at it. */
  readonly length: number;
  readonly vnet: Uint8Array;
  readonly rssHash: number;
  /** Opaque to the slow path; handed back in `execute` so that a later pass finds its connection and bucket again. */
  readonly connection: number;
  readonly bucket: number;
}

/** A megaflow as the slow path holds it. `id` is stable while the flow lives. */
export interface MegaflowHandle {
  readonly id: number;
  /** Address of the record in linear memory. */
  readonly address: number;
  /** What it was told to do; megaflows that do the same share the list. */
  readonly actions: readonly DatapathAction[];
}

/** MegaflowStatistics as numbers, exact up to 2^53. */
export interface FlowTraffic {
  packets: number;
  bytes: number;
  used: number;
  tcpFlags: number;
}

export interface MegaflowStatistics {
  readonly packets: bigint;
  readonly bytes: bigint;
  /** Milliseconds of CLOCK_MONOTONIC of the last packet; 0 = never. */
  readonly used: number;
  readonly tcpFlags: number;
  /** Flows of it that the kernel forwards now. */
  readonly offloads: number;
}

export interface ExecuteRequest {
  /** Left out: that of the upcall, with its offload metadata. */
  readonly frame?: Uint8Array;
  readonly vnet?: Uint8Array;
  readonly inPort: number;
  readonly actions: readonly DatapathAction[];
  /** The upcall the packet came with: keeps key (metadata, conntrack fields), depth, hash, connection and bucket. */
  readonly upcall?: Upcall;
}

export interface Datapath {
  addPort(spec: PortSpec, number?: number): Promise<PortStatus>;
  removePort(number: number): Promise<void>;
  ports(): readonly PortStatus[];
  portStatistics(number: number): PortStatistics;
  /** A port went away, came up or went down (a namespace was deleted, a link changed). */
  onPortChange(listener: (change: { port: PortStatus; event: "up" | "down" | "gone"; reason: string }) => void): void;

  /**
   * Installs a megaflow. `key` and `mask` have KEY_SIZE bytes; key bits outside the mask are ignored.
   * @throws DatapathFullError when the flow arena or the mask table is full.
   */
  putFlow(key: Uint8Array, mask: Uint8Array, actions: readonly DatapathAction[]): MegaflowHandle;
  /** @returns the flow's handle from now on: the very one that was given when it does that already. */
  replaceActions(flow: MegaflowHandle, actions: readonly DatapathAction[]): MegaflowHandle;
  /** `whenGone` gets, some time later, what the flow has carried in all; the object is valid during the call. */
  removeFlow(flow: MegaflowHandle, whenGone?: (traffic: Readonly<FlowTraffic>) => void): void;
  flowStatistics(flow: MegaflowHandle): MegaflowStatistics;
  /** The same of the flow whose record is there, without allocating: the object is valid until the next call. */
  flowTraffic(address: number): Readonly<FlowTraffic>;

  /** Runs actions on a frame, as if it had come in on `inPort`. */
  execute(request: ExecuteRequest): void;

  /** All upcalls since the last call, in order. One handler. */
  onUpcalls(handler: (upcalls: Iterable<Upcall>) => void): void;

  /** Resolves when every command given before is in force in the fast path. */
  barrier(): Promise<void>;

  /** Bucket counter record for select groups; freed by the group's owner after a barrier. */
  allocateBucketCounters(): number;
  freeBucketCounters(address: number): void;
  bucketCounters(address: number): { packets: bigint; bytes: bigint; connections: bigint };

  setMeter(index: number, meter: MeterSpec): void;
  deleteMeter(index: number): void;
  meterStatistics(index: number): { packets: bigint; bytes: bigint; bands: { packets: bigint; bytes: bigint }[] };

  /** The TLV map: which Geneve options tun_metadata fields stand for, in packets that come by a tunnel from now on. */
  setGeneveOptions(options: readonly GeneveOption[]): void;
  /** The TLV map as it was set. */
  readonly geneveOptions: readonly GeneveOption[];

  readonly conntrack: Conntrack;

  /**
   * Whether the kernel forwards known flows between existing interfaces by itself: OVS's hw-offload.
   * @throws SystemCallError when the kernel refuses; then nothing has changed.
   */
  setOffload(on: boolean): Promise<void>;

  counters(): Counters;
  close(): Promise<void>;
}

export interface MeterSpec {
  readonly unit: "kbps" | "pktps";
  readonly burst: boolean;
  readonly stats: boolean;
  readonly bands: readonly { readonly rate: number; readonly burst: number }[];
}

/** The connection tracker seen from outside: see src/fastpath/conntrack.ts. */
export interface Conntrack {
  /** Every live connection, for dumps. Reads shared memory without stopping the worker: a torn entry is left out. */
  connections(zone?: number): Iterable<Connection>;
  flush(filter?: { zone?: number; tuple?: ConnectionTuple }): void;
  count(): number;
  setMaxConnections(limit: number): void;
  maxConnections(): number;
  setTcpSequenceChecking(on: boolean): void;
  tcpSequenceChecking(): boolean;
  /** `zone` undefined: the default for zones without a limit of their own. limit 0 = unlimited. */
  setZoneLimit(zone: number | undefined, limit: number): void;
  deleteZoneLimit(zone: number): void;
  zoneLimits(): { default: number; zones: { zone: number; limit: number; count: number }[] };
  /** Seconds by name; those not given have the default. Policy 0 is the default policy itself. */
  setTimeoutPolicy(policy: number, seconds: TimeoutPolicy): void;
  setFragmentReassembly(family: 4 | 6, on: boolean): void;
  /** Shorter fragments (bytes of L3), the last one excepted, are invalid. */
  setFragmentMinimum(family: 4 | 6, bytes: number): void;
  setFragmentLimit(fragments: number): void;
  fragments(): FragmentStatus;
  /** Datagrams in the making, oldest first. */
  heldDatagrams(): HeldDatagram[];
}

/** Timeouts in seconds, named by what a connection of that kind waits for. */
export type TimeoutPolicy = Partial<Record<TimeoutName, number>>;
export type TimeoutName =
  | "tcpFirstPacket"
  | "tcpOpening"
  | "tcpEstablished"
  | "tcpClosing"
  | "tcpFinWait"
  | "tcpClosed"
  | "otherFirst"
  | "otherMultiple"
  | "otherBidirectional"
  | "icmpFirst"
  | "icmpReply"
  | "sctpOpening"
  | "sctpEstablished"
  | "sctpClosing";

/** What `dpctl/ipf-get-status` shows. */
export interface FragmentStatus {
  readonly limit: number;
  /** Fragments held now. */
  readonly held: number;
  readonly ipv4: FragmentFamilyStatus;
  readonly ipv6: FragmentFamilyStatus;
}

/** Fragments of a datagram that wait for the others. */
export interface HeldDatagram {
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly zone: number;
  readonly recirculationId: number;
  readonly identification: number;
  readonly fragments: number;
  readonly hasFirst: boolean;
  readonly hasLast: boolean;
}

export interface FragmentFamilyStatus {
  readonly enabled: boolean;
  readonly minimum: number;
  readonly accepted: bigint;
  readonly completed: bigint;
  readonly expired: bigint;
  readonly tooSmall: bigint;
  readonly overlapping: bigint;
}

export interface ConnectionTuple {
  /** 4 or 16 bytes. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly icmpId?: number;
  readonly icmpType?: number;
  readonly icmpCode?: number;
}

export interface Connection {
  readonly original: ConnectionTuple;
  readonly reply: ConnectionTuple;
  readonly zone: number;
  readonly mark: number;
  readonly label: Uint8Array;
  /** Seconds left. */
  readonly timeout: number;
  /** Protocol states by OVS's names; TCP also window scale and flags, as `dump-conntrack -m` shows them. */
  readonly tcp?: {
    readonly stateOriginal: string;
    readonly stateReply: string;
    readonly wscaleOriginal?: number;
    readonly wscaleReply?: number;
    /** WINDOW_SCALE, BE_LIBERAL. */
    readonly flagsOriginal: readonly string[];
    readonly flagsReply: readonly string[];
  };
  readonly sctp?: { readonly state: string; readonly vtagOriginal: number; readonly vtagReply: number };
  readonly helper?: string;
  readonly parent?: ConnectionTuple;
}

export interface Counters {
  readonly batches: bigint;
  readonly packets: bigint;
  readonly recirculated: bigint;
  readonly cacheHits: bigint;
  readonly megaflowHits: bigint;
  readonly masksProbed: bigint;
  readonly misses: bigint;
  readonly upcalls: bigint;
  readonly executed: bigint;
  readonly segmented: bigint;
  readonly checksumsFinished: bigint;
  readonly cloned: bigint;
  /** Originals whose clones went out, with nothing left to do for them: they count as neither sent nor dropped. */
  readonly spent: bigint;
  readonly reassembled: bigint;
  /** Flows that the kernel forwards now, that were given to it so far, that found no room there; packets it has forwarded. */
  readonly offloads: bigint;
  readonly offloaded: bigint;
  readonly offloadsRefused: bigint;
  readonly offloadPackets: bigint;
  readonly connectionsCreated: bigint;
  readonly connectionsExpired: bigint;
  readonly connections: bigint;
  /** Packets by DROP_* reason name. */
  readonly drops: ReadonlyMap<string, bigint>;
}

export class DatapathFullError extends Error {}
