/**
 * Packet-outs: frames that a controller makes, through a list of actions of its own.
 *
 * What: the fast path parses the frame and brings it up again (a `userspace` action whose cookie names the request); its actions
 *   are translated here, once, and executed. No megaflow and no recirculation id is left behind: a controller that sends
 *   thousands of different packets costs nothing afterwards.
 * Invariants: what translation does for packets of ports it does for these: rules are credited, effects (packet-ins,
 *   learning) happen, a ct() in the actions recirculates as ever.
 */
import {
  KEY_CT_IPV6_SRC,
  KEY_CT_LABEL,
  KEY_CT_MARK,
  KEY_CT_NW_PROTO,
  KEY_IN_PORT,
  KEY_PKT_MARK,
  KEY_SIZE,
  KEY_SKB_PRIORITY,
  KEY_TUN_ID,
} from "../../assembly/layout/key.ts";
import type { Datapath, Upcall } from "../fastpath/datapath.ts";
import type { Action, OfPort } from "./actions/action.ts";
import { FLOW_METADATA, FLOW_REGS, FLOW_SIZE } from "./flow/flow-layout.ts";
import type { SwitchBridge } from "./switch-bridge.ts";
import type { TranslationInput } from "./translate/translate.ts";

export interface PacketOutRequest {
  readonly bridge: SwitchBridge;
  readonly frame: Uint8Array;
  /** Offload metadata (struct virtio_net_hdr) of a frame that came from a port. */
  readonly vnet?: Uint8Array;
  readonly actions: readonly Action[];
  /** OpenFlow port it counts as having come in by; PORT_CONTROLLER and others that no device has are fine. */
  readonly inPort: OfPort;
  /** reg0, reg1, …; zeros where not given. */
  readonly registers?: readonly number[];
  readonly metadata?: bigint;
  /**
   * In place of registers and metadata: FLOW_SIZE bytes whose tunnel fields, connection tracking fields, mark, registers and
   * metadata the packet gets.
   */
  readonly flow?: Uint8Array;
  /** In place of actions: goes on from a frozen state (NXT_RESUME). */
  readonly resume?: number;
}

/** `argument` of the userspace actions that bring packet-outs up; packet-ins have 0. */
export const PACKET_OUT_ARGUMENT = 1;
/** Datapath port of packets that came in by none. */
export const NO_DATAPATH_PORT = 0xffff_ffff;
/** Requests whose frame never came up (the upcall ring was full) are forgotten when this many wait. */
const WAITING_LIMIT = 4096;

/** Translates and executes one packet that came up, as the switch does for upcalls. */
export type PacketRunner = (
  upcall: Upcall,
  input: Pick<TranslationInput, "bridge" | "flow" | "actions" | "packetOut" | "resume">,
) => void;

export class PacketOuts {
  readonly #datapath: Datapath;
  readonly #run: PacketRunner;
  readonly #waiting = new Map<bigint, PacketOutRequest>();
  #next = 1n;

  constructor(datapath: Datapath, run: PacketRunner) {
    this.#datapath = datapath;
    this.#run = run;
  }

  send(request: PacketOutRequest): void {
    const { bridge, frame, vnet, inPort } = request;
    const cookie = this.#next++;
    this.#waiting.set(cookie, request);
    if (this.#waiting.size > WAITING_LIMIT) this.#waiting.delete(this.#waiting.keys().next().value!);
    this.#datapath.execute({
      frame,
      vnet,
      inPort: bridge.port(inPort)?.datapathPort ?? NO_DATAPATH_PORT,
      actions: [{ type: "userspace", reason: "action", argument: PACKET_OUT_ARGUMENT, cookie }],
    });
  }

  /** An upcall of one of these userspace actions. */
  returned(upcall: Upcall): void {
    const request = this.#waiting.get(upcall.cookie);
    if (request === undefined) return;
    this.#waiting.delete(upcall.cookie);
    const { bridge, actions, resume } = request;
    this.#run(upcall, { bridge, flow: flowOf(upcall.key, request), actions, packetOut: true, resume });
  }
}

/** Runs of the key that no frame has in it: what conntrack said of it before, and the mark. */
const tracked = [
  [KEY_CT_MARK, KEY_PKT_MARK + 4],
  [KEY_CT_LABEL, KEY_CT_NW_PROTO + 1],
  [KEY_CT_IPV6_SRC, KEY_SKB_PRIORITY],
] as const;

/** The frame's own fields, and of the pipeline's what the request says. */
function flowOf(key: Uint8Array, { inPort, registers = [], metadata = 0n, flow: given }: PacketOutRequest): Uint8Array {
  const flow = new Uint8Array(FLOW_SIZE);
  flow.set(key);
  const view = new DataView(flow.buffer);
  view.setUint32(KEY_IN_PORT, inPort);
  if (given !== undefined) {
    flow.set(given.subarray(KEY_TUN_ID, KEY_SIZE), KEY_TUN_ID);
    flow.set(given.subarray(FLOW_REGS, FLOW_METADATA + 8), FLOW_REGS);
    for (const [from, to] of tracked) flow.set(given.subarray(from, to), from);
  } else {
    for (const [i, value] of registers.entries()) view.setUint32(FLOW_REGS + 4 * i, value);
    view.setBigUint64(FLOW_METADATA, metadata);
  }
  return flow;
}
