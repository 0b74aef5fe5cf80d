/**
 * REQUESTFORWARD: what one controller has asked for, told to the others that want to know: a group mod or a meter mod, whole.
 * OpenFlow's own from 1.4 on; ONF's and Nicira's extensions before.
 */
import { type Envelope, type MessageCodec, message, niciraMessage, onfMessage } from "./definition.ts";

/** By their number. */
export const forwardReasons = ["group_mod", "meter_mod"] as const;

export interface RequestForward {
  readonly type: "request_forward";
  /** Of the version that it is told in. */
  readonly request: Envelope;
}

export const requestForward: MessageCodec<RequestForward> = {
  type: "request_forward",
  places: [message("1.4+", 32), onfMessage("1.3", 2350), niciraMessage("1.0-1.2", 132)],
  read: (body, { readMessage }) => ({ type: "request_forward", request: readMessage(body.rest()) }),
  write: (writer, { request }, { writeMessage }) => writer.bytes(writeMessage(request)),
};
