/** `group:ID` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { numberAction } from "./simple.ts";

export const group = numberAction<ActionOf<"group">>(
  "group",
  4,
  [
    { owner: "standard", versions: "1.1+", number: 22 },
    { owner: "nicira", versions: "1.0", number: 40 },
  ],
  (id) => ({ type: "group", id }),
  ({ id }) => id,
);
