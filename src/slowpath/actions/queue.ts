/** `set_queue:N`, `pop_queue`, `enqueue:PORT:QUEUE`: accepted for compatibility; ports have one queue, so nothing follows. */
import { parsePort } from "../flow/port-text.ts";
import type { ActionDefinition, ActionOf } from "./definition.ts";
import { ActionSyntaxError, parseInteger } from "./scan.ts";

export const setQueue: ActionDefinition<ActionOf<"set_queue">> = {
  type: "set_queue",
  keywords: ["set_queue", "enqueue"],
  parse({ key, value }, parser) {
    if (key.toLowerCase() === "set_queue") {
      return { type: "set_queue", queue: parseInteger(value, 0xffff_ffff, "queue") };
    }
    const [portText, queueText] = value.split(/[:,]/);
    if (queueText === undefined)
      throw new ActionSyntaxError('"enqueue" syntax is "enqueue:PORT:QUEUE" or "enqueue(PORT,QUEUE)"');
    const port = parsePort(portText, parser.context.ports);
    if (port === undefined) throw new ActionSyntaxError(`${portText}: enqueue to unknown port`);
    const queue = parseInteger(queueText, 0xffff_ffff, "queue");
    return [{ type: "set_queue", queue }, { type: "output", port }, { type: "pop_queue" }];
  },
  format: ({ queue }) => `set_queue:${queue}`,
  translate: () => undefined,
};

export const popQueue: ActionDefinition<ActionOf<"pop_queue">> = {
  type: "pop_queue",
  keywords: ["pop_queue"],
  parse: () => ({ type: "pop_queue" }),
  format: () => "pop_queue",
  translate: () => undefined,
};
