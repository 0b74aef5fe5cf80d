/** BARRIER: everything before it is in force when it is answered. */
import { emptyMessage, message } from "./definition.ts";

export interface BarrierRequest {
  readonly type: "barrier_request";
}

export interface BarrierReply {
  readonly type: "barrier_reply";
}

export const barrierRequest = emptyMessage<BarrierRequest>({ type: "barrier_request" }, [
  message("1.0", 18),
  message("1.1+", 20),
]);

export const barrierReply = emptyMessage<BarrierReply>({ type: "barrier_reply" }, [
  message("1.0", 19),
  message("1.1+", 21),
]);
