/** Multipart PORT_DESC: every port. */
import { readPort } from "../wire/ports.ts";
import { OF15 } from "../wire/version.ts";
import { type MessageCodec, multipart } from "./definition.ts";
import { type PortDescription, writePortDescription } from "./port.ts";

export interface PortDescriptionRequest {
  readonly type: "port_description_request";
  /** undefined: every port; before 1.5 there is no other way to ask. */
  readonly port?: number;
}
export interface PortDescriptionReply {
  readonly type: "port_description_reply";
  readonly entries: readonly PortDescription[];
}

export const portDescriptionRequest: MessageCodec<PortDescriptionRequest> = {
  type: "port_description_request",
  places: [multipart("request", "1.0+", 13)],
  read(body, { version }) {
    if (version < OF15) return { type: "port_description_request" };
    const port = readPort(body, version);
    body.skip(4);
    return { type: "port_description_request", port };
  },
};

export const portDescriptionReply: MessageCodec<PortDescriptionReply> = {
  type: "port_description_reply",
  places: [multipart("reply", "1.0+", 13)],
  entries: {
    of: ({ entries }) => entries,
    write: (writer, port: PortDescription, { version }) => writePortDescription(writer, port, version),
  },
};
