/** `ct_clear` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { plainAction } from "./simple.ts";

export const ctClear = plainAction<ActionOf<"ct_clear">>({ type: "ct_clear" }, [
  { owner: "nicira", versions: "1.0+", number: 43 },
]);
