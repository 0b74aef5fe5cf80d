/** `exit` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { plainAction } from "./simple.ts";

export const exit = plainAction<ActionOf<"exit">>({ type: "exit" }, [
  { owner: "nicira", versions: "1.0+", number: 17 },
]);
