/** Nicira's settings of a connection: flow format, tables in commands, packet-in format, controller id, flow ages. */
import { OpenFlowError } from "../wire/errors.ts";
import { emptyMessage, type MessageCodec, niciraMessage } from "./definition.ts";

export const packetInFormats = ["standard", "nxt_packet_in", "nxt_packet_in2"] as const;
export type PacketInFormat = (typeof packetInFormats)[number];

export interface SetFlowFormat {
  readonly type: "nx_set_flow_format";
  /** 0: OpenFlow 1.0's own, 2: NXM. */
  readonly format: number;
}
export interface FlowModTableId {
  readonly type: "nx_flow_mod_table_id";
  readonly on: boolean;
}
export interface SetPacketInFormat {
  readonly type: "nx_set_packet_in_format";
  readonly format: PacketInFormat;
}
export interface SetControllerId {
  readonly type: "nx_set_controller_id";
  readonly id: number;
}
export interface FlowAge {
  readonly type: "nx_flow_age";
}

const OPENFLOW10 = 0;
const NXM = 2;

export const setFlowFormat: MessageCodec<SetFlowFormat> = {
  type: "nx_set_flow_format",
  places: [niciraMessage("1.0", 12)],
  read(body) {
    const format = body.u32();
    if (format !== OPENFLOW10 && format !== NXM) throw new OpenFlowError("OFPBRC_EPERM", `flow format ${format}`);
    return { type: "nx_set_flow_format", format };
  },
};

export const flowModTableId: MessageCodec<FlowModTableId> = {
  type: "nx_flow_mod_table_id",
  places: [niciraMessage("1.0+", 15)],
  read(body) {
    const on = body.u8() !== 0;
    body.skip(7);
    return { type: "nx_flow_mod_table_id", on };
  },
};

export const setPacketInFormat: MessageCodec<SetPacketInFormat> = {
  type: "nx_set_packet_in_format",
  places: [niciraMessage("1.0+", 16)],
  read(body) {
    const format = packetInFormats[body.u32()];
    if (!format) throw new OpenFlowError("OFPBRC_EPERM", "unknown packet-in format");
    return { type: "nx_set_packet_in_format", format };
  },
  write: (writer, { format }) => writer.u32(packetInFormats.indexOf(format)),
};

export const setControllerId: MessageCodec<SetControllerId> = {
  type: "nx_set_controller_id",
  places: [niciraMessage("1.0+", 20)],
  read(body) {
    body.zeros(6, "NXBRC_MUST_BE_ZERO");
    return { type: "nx_set_controller_id", id: body.u16() };
  },
};

export const flowAge = emptyMessage<FlowAge>({ type: "nx_flow_age" }, [niciraMessage("1.0+", 18)]);
