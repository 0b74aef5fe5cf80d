/** `set_queue:N`, `pop_queue`, and OpenFlow 1.0's `enqueue:PORT:QUEUE`, which is the two of them around an output. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { type ActionCodec, standard } from "./definition.ts";
import { numberAction, plainAction } from "./simple.ts";

const ENQUEUE = 11;

const setQueueForms = numberAction<ActionOf<"set_queue">>(
  "set_queue",
  4,
  [
    { owner: "standard", versions: "1.1+", number: 21 },
    { owner: "nicira", versions: "1.0", number: 4 },
  ],
  (queue) => ({ type: "set_queue", queue }),
  ({ queue }) => queue,
);

export const setQueue: ActionCodec<ActionOf<"set_queue">> = {
  ...setQueueForms,
  forms: [
    ...setQueueForms.forms,
    standard("1.0", ENQUEUE, 16, (body) => {
      const port = body.u16();
      body.skip(6);
      return [{ type: "set_queue", queue: body.u32() }, { type: "output", port }, { type: "pop_queue" }];
    }),
  ],
};

export const popQueue = plainAction<ActionOf<"pop_queue">>({ type: "pop_queue" }, [
  { owner: "nicira", versions: "1.0+", number: 5 },
]);
