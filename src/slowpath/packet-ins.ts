/**
 * Packets on their way to a controller.
 *
 * A packet-in shows the frame as the pipeline had it when it met the action. The edits are made where all edits are made, in
 * the fast path: the received frame is executed with them and a `userspace` action whose cookie names the request; it comes
 * back as an upcall. Without edits and without a meter the frame is handed over at once.
 */
import type { Datapath, Upcall } from "../fastpath/datapath.ts";
import type { PacketInRequest } from "./translate/translation.ts";

export interface PacketIn {
  readonly request: PacketInRequest;
  /** The whole frame; the listener cuts it to `request.maxLength`. */
  readonly frame: Uint8Array;
  /** Its offload metadata: whoever sends the frame on must hand it back. */
  readonly vnet: Uint8Array;
  /** Bridge whose pipeline asked for it. */
  readonly bridge: string;
}

/** Requests that wait for their edited frame; one that never comes back (metered, ring full) is forgotten when this many wait. */
const WAITING_LIMIT = 4096;

export class PacketIns {
  readonly #datapath: Datapath;
  readonly #deliver: (packetIn: PacketIn) => void;
  readonly #waiting = new Map<bigint, { request: PacketInRequest; bridge: string }>();
  #next = 1n;

  constructor(datapath: Datapath, deliver: (packetIn: PacketIn) => void) {
    this.#datapath = datapath;
    this.#deliver = deliver;
  }

  /** @param meter index in the datapath of the meter the request names */
  send(request: PacketInRequest, upcall: Upcall, bridge: string, meter: number | undefined): void {
    const { frame, vnet, inPort } = upcall;
    if (request.pendingActions.length === 0 && meter === undefined) {
      this.#deliver({ request, frame: frame.slice(), vnet: vnet.slice(), bridge });
      return;
    }
    const cookie = this.#next++;
    this.#waiting.set(cookie, { request, bridge });
    if (this.#waiting.size > WAITING_LIMIT) this.#waiting.delete(this.#waiting.keys().next().value!);
    const metered = meter === undefined ? [] : [{ type: "meter", index: meter } as const];
    this.#datapath.execute({
      frame,
      vnet,
      inPort,
      actions: [...request.pendingActions, ...metered, { type: "userspace", reason: "action", argument: 0, cookie }],
      upcall,
    });
  }

  /** An upcall of one of these userspace actions. */
  returned(upcall: Upcall): void {
    const waiting = this.#waiting.get(upcall.cookie);
    if (waiting === undefined) return;
    this.#waiting.delete(upcall.cookie);
    this.#deliver({ ...waiting, frame: upcall.frame.slice(), vnet: upcall.vnet.slice() });
  }
}
