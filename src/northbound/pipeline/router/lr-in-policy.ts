import { join } from "../actions.ts";
import { writeBits } from "../registers.ts";
import type { Stage } from "../stage.ts";
import type { Router } from "../topology.ts";
import { PATHS_REGISTER } from "./lr-in-ip-routing.ts";

/** There are no policies here; the stage leaves the paths' register clear for the next. */
export const lrInPolicy: Stage<Router> = {
  name: "lr_in_policy",
  rules: (add, _router, { next }) => add(0, [], join(writeBits(PATHS_REGISTER, 0, 16, 0), next)),
};
