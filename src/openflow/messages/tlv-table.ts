/** Nicira's TLV table: which tunnel options tun_metadata fields stand for. */
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { emptyMessage, type MessageCodec, niciraMessage } from "./definition.ts";

export interface TlvMapping {
  readonly optionClass: number;
  readonly optionType: number;
  readonly bytes: number;
  /** n of tun_metadata n. */
  readonly index: number;
}

export interface TlvTableRequest {
  readonly type: "nx_tlv_table_request";
}
export interface TlvTableMod {
  readonly type: "nx_tlv_table_mod";
  readonly command: "add" | "delete" | "clear";
  readonly mappings: readonly TlvMapping[];
}
export interface TlvTableReply {
  readonly type: "nx_tlv_table_reply";
  /** Bytes of options that the table can hold in all. */
  readonly maxSpace: number;
  readonly maxFields: number;
  readonly mappings: readonly TlvMapping[];
}

const commands: readonly TlvTableMod["command"][] = ["add", "delete", "clear"];

function readMappings(body: Reader): TlvMapping[] {
  const mappings: TlvMapping[] = [];
  while (!body.isEmpty) {
    mappings.push({ optionClass: body.u16(), optionType: body.u8(), bytes: body.u8(), index: body.u16() });
    body.skip(2);
  }
  return mappings;
}

function writeMappings(writer: Writer, mappings: readonly TlvMapping[]): void {
  for (const { optionClass, optionType, bytes, index } of mappings) {
    writer.u16(optionClass);
    writer.u8(optionType);
    writer.u8(bytes);
    writer.u16(index);
    writer.zeros(2);
  }
}

export const tlvTableRequest = emptyMessage<TlvTableRequest>({ type: "nx_tlv_table_request" }, [
  niciraMessage("1.0+", 25),
]);

export const tlvTableMod: MessageCodec<TlvTableMod> = {
  type: "nx_tlv_table_mod",
  places: [niciraMessage("1.0+", 24)],
  read(body) {
    const command = commands[body.u16()];
    body.skip(6);
    if (!command) throw new OpenFlowError("NXTTMFC_BAD_COMMAND", "an unknown command for the TLV table");
    return { type: "nx_tlv_table_mod", command, mappings: readMappings(body) };
  },
  write(writer, { command, mappings }) {
    writer.u16(commands.indexOf(command));
    writer.zeros(6);
    writeMappings(writer, mappings);
  },
};

export const tlvTableReply: MessageCodec<TlvTableReply> = {
  type: "nx_tlv_table_reply",
  places: [niciraMessage("1.0+", 26)],
  read(body) {
    const maxSpace = body.u32();
    const maxFields = body.u16();
    body.skip(10);
    return { type: "nx_tlv_table_reply", maxSpace, maxFields, mappings: readMappings(body) };
  },
  write(writer, { maxSpace, maxFields, mappings }) {
    writer.u32(maxSpace);
    writer.u16(maxFields);
    writer.zeros(10);
    writeMappings(writer, mappings);
  },
};
