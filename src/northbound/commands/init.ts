import type { Command } from "./command.ts";

/** The one row of NB_Global is there from the start, so this has nothing to do; scripts call it all the same. */
export const init: Command = { name: "init", usage: "", minimum: 0, maximum: 0, run() {} };
