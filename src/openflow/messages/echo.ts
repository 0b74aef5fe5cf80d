/** ECHO: "are you there", with anything in it that comes back. */
import { type MessageCodec, message } from "./definition.ts";

export interface EchoRequest {
  readonly type: "echo_request";
  readonly data: Uint8Array;
}

export interface EchoReply {
  readonly type: "echo_reply";
  readonly data: Uint8Array;
}

export const echoRequest: MessageCodec<EchoRequest> = {
  type: "echo_request",
  places: [message("1.0+", 2)],
  read: (body) => ({ type: "echo_request", data: body.rest().slice() }),
  write: (writer, { data }) => writer.bytes(data),
};

export const echoReply: MessageCodec<EchoReply> = {
  type: "echo_reply",
  places: [message("1.0+", 3)],
  read: (body) => ({ type: "echo_reply", data: body.rest().slice() }),
  write: (writer, { data }) => writer.bytes(data),
};
