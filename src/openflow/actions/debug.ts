/** `debug_slow` and `debug_recirc`: Nicira's, for tests; elsewhere they are actions that nobody knows. */
import type { Action } from "../../slowpath/actions/action.ts";
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { type ActionCodec, nicira } from "./definition.ts";
import { writeNumberForm } from "./simple.ts";

const SLOW = 254;
const RECIRCULATE = 255;
const BYTES = 16;

function debugAction<T extends Action>(action: T, number: number): ActionCodec<T> {
  return {
    type: action.type,
    forms: [
      nicira("1.0+", number, BYTES, (body, { allowsDebugActions }) => {
        if (!allowsDebugActions) throw new OpenFlowError("OFPBAC_BAD_VENDOR_TYPE", `${action.type} is for tests only`);
        body.skip(body.remaining);
        return action;
      }),
    ],
    write: (writer) => writeNumberForm(writer, { owner: "nicira", versions: "1.0+", number }, 0, 0),
  };
}

export const debugSlow = debugAction<ActionOf<"debug_slow">>({ type: "debug_slow" }, SLOW);
export const debugRecirculate = debugAction<ActionOf<"debug_recirc">>({ type: "debug_recirc" }, RECIRCULATE);
