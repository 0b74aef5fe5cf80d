/** What a handler gets: a message that was read, who sent it, and the bridge it is about. */
import type { Envelope } from "../messages/definition.ts";
import type { Message } from "../messages/list.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import type { Session } from "../server/session.ts";
import { OpenFlowError } from "../wire/errors.ts";

export interface Request<M extends Message = Message> {
  readonly session: Session;
  readonly agent: BridgeAgent;
  readonly envelope: Envelope;
  readonly message: M;
  /** The message as it came. */
  readonly bytes: Uint8Array;
}

/** @throws OpenFlowError, which is told the sender. The next message waits until it has settled. */
// biome-ignore lint/suspicious/noExplicitAny: each handler takes its own member of the union; the list pairs them.
export type Handler = (request: Request<any>) => void | Promise<void>;

export type MessageOf<T extends Message["type"]> = Extract<Message, { readonly type: T }>;

/** Secondaries may look, but not change. */
export function refuseSecondary({ session }: Request): void {
  if (session.kind === "controller" && session.role === "secondary") {
    throw new OpenFlowError("OFPBRC_IS_SECONDARY", "a secondary controller may not change anything");
  }
}
