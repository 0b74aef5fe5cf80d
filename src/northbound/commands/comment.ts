import { ANY_NUMBER, type Command } from "./command.ts";

/** For the database's log; the embedded database keeps none. */
export const comment: Command = { name: "comment", usage: "[ARG]...", minimum: 0, maximum: ANY_NUMBER, run() {} };
