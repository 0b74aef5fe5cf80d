/** PORT_STATUS: a port came, went or changed. */
import { OpenFlowError } from "../wire/errors.ts";
import { type MessageCodec, message } from "./definition.ts";
import { type PortDescription, readPortDescription, writePortDescription } from "./port.ts";

/** By their number. */
export const portReasons = ["add", "delete", "modify"] as const;

export interface PortStatusMessage {
  readonly type: "port_status";
  readonly reason: (typeof portReasons)[number];
  readonly port: PortDescription;
}

export const portStatus: MessageCodec<PortStatusMessage> = {
  type: "port_status",
  places: [message("1.0+", 12)],
  read(body, { version }) {
    const reason = portReasons[body.u8()];
    if (!reason) throw new OpenFlowError("NXBRC_BAD_REASON", "a port status for an unknown reason");
    body.skip(7);
    return { type: "port_status", reason, port: readPortDescription(body, version) };
  },
  write(writer, { reason, port }, { version }) {
    writer.u8(portReasons.indexOf(reason));
    writer.zeros(7);
    writePortDescription(writer, port, version);
  },
};
