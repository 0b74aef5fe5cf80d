/**
 * Packet actions: what takes more than rules can do, because it needs a new packet or a memory.
 *
 * A rule hands a packet over with `controller(userdata=…)`; the handler for its opcode gives packets to send on. Each goes through
 * `actions` with the pipeline's fields as given, as a packet-out would.
 */
import type { Address } from "../network/ip.ts";
import type { RouterPort, SwitchPort } from "../pipeline/topology.ts";
import type { Opcode } from "./userdata.ts";
import type { WaitingPackets } from "./waiting-packets.ts";

/** What the pipeline knew about a packet when it was handed over; connection tracking state is not kept. */
export interface PipelineFields {
  /** OpenFlow port number. */
  readonly inPort: number;
  readonly metadata: bigint;
  /** reg0…reg15. */
  readonly registers: readonly number[];
}

export interface PacketIn {
  readonly userdata: Uint8Array;
  /** As the actions before the handing over left it, from the Ethernet header on. */
  readonly packet: Uint8Array;
  /** Offload metadata (struct virtio_net_hdr): a packet that is sent on as it is needs it. */
  readonly vnet?: Uint8Array;
  readonly fields: PipelineFields;
}

export interface PacketOut {
  readonly packet: Uint8Array;
  readonly vnet?: Uint8Array;
  readonly fields: PipelineFields;
  /** In ovs-ofctl's text form. */
  readonly actions: string;
}

export interface HandlerInput {
  readonly arguments: Readonly<Record<string, string | number>>;
  readonly packet: Uint8Array;
  readonly vnet?: Uint8Array;
  readonly fields: PipelineFields;
  readonly network: LogicalNetwork;
}

/** The handlers' view of the control plane. */
export interface LogicalNetwork {
  routerPort(metadata: bigint, key: number): RouterPort | undefined;
  switchPort(metadata: bigint, key: number): SwitchPort | undefined;
  learnNeighbor(port: RouterPort, address: Address, mac: string): void;
  learnStation(port: SwitchPort, mac: string): void;
  /** A packet came from this port to the Ethernet address of the service monitor. */
  serviceAnswered(metadata: bigint, portKey: number, packet: Uint8Array): readonly PacketOut[];
  readonly waiting: WaitingPackets;
}

export interface PacketAction {
  readonly opcode: Opcode;
  /** Any bytes may come in: what does not parse gives no packets. */
  handle(input: HandlerInput): readonly PacketOut[];
}

/** Where the rule wants the new packet to go. */
export const resumeActions = ({ arguments: args }: HandlerInput): string => String(args.resume ?? "drop");
