/** What a worker thread is started with, and the rare things it says: one message for each, none for a packet. */

export interface WorkerStart {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** epoll set of the ports, tagged with port numbers; the main thread adds and removes them. */
  readonly readiness: number;
  /** eventfd that wakes the worker, in the set as TAG_BELL. */
  readonly bell: number;
}

/** Tags in the epoll set that are no port numbers. */
export const TAG_BELL = 0xffff_ffff;
export const TAG_LINKS = 0xffff_fffe;

/** Tag of a socket of a tunnel port: its index in TUNNEL_RECEIVERS, from 1 on, above the port number. */
export const datagramTag = (port: number, receiver: number): number => port | ((receiver + 1) << 16);
export const DATAGRAM_TAGS_END = 5 << 16;

export type WorkerMessage =
  /** The loop runs. */
  | { readonly type: "started" }
  /** No batch of before CONTROL_MAILBOX was set is under way any more. */
  | { readonly type: "passed" }
  /** The link monitor has news. */
  | { readonly type: "links" }
  /** The port's device refused to work and the port was taken out of service. */
  | { readonly type: "failed"; readonly port: number; readonly errno: number }
  /** A frame came in at a port that was out of service. */
  | { readonly type: "alive"; readonly port: number };
