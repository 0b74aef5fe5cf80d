/** `set_queue:N`, `pop_queue`, and OpenFlow 1.0's `enqueue:PORT:QUEUE`, which is the two of them around an output. */

import type { Action } from "../../slowpath/actions/action.ts";
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import type { Writer } from "../wire/writer.ts";
import { type ActionCodec, standard, writeStandard } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
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
      const queue = body.u32();
      return [cameAs({ type: "set_queue", queue }, "enqueue"), { type: "output", port }, { type: "pop_queue" }];
    }),
  ],
};

/**
 * The three actions that an enqueue was, as an enqueue again.
 * @returns how many actions that was; 0: it was none
 */
export function writeEnqueue(writer: Writer, actions: readonly Action[], at: number): number {
  const [first, second, third] = actions.slice(at, at + 3);
  if (first?.type !== "set_queue" || formOf(first) !== "enqueue") return 0;
  if (second?.type !== "output" || third?.type !== "pop_queue") return 0;
  writeStandard(writer, ENQUEUE, () => {
    writer.u16(second.port);
    writer.zeros(6);
    writer.u32(first.queue);
  });
  return 3;
}

export const popQueue = plainAction<ActionOf<"pop_queue">>({ type: "pop_queue" }, [
  { owner: "nicira", versions: "1.0+", number: 5 },
]);
