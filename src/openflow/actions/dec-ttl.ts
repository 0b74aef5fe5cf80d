/** `dec_ttl`, `dec_ttl(ID,…)` */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { OF10 } from "../wire/version.ts";
import { type ActionCodec, nicira, writeNicira, writeStandard } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";
import { numberForm } from "./simple.ts";

const DEC_TTL = 24;
const NICIRA_DEC_TTL = 18;
const DEC_TTL_CONTROLLERS = 21;

const toControllerZero = (): ActionOf<"dec_ttl"> => ({ type: "dec_ttl", controllers: [0] });

export const decTtl: ActionCodec<ActionOf<"dec_ttl">> = {
  type: "dec_ttl",
  forms: [
    numberForm({ owner: "standard", versions: "1.1+", number: DEC_TTL }, 0, toControllerZero),
    numberForm({ owner: "nicira", versions: "1.0", number: NICIRA_DEC_TTL }, 0, toControllerZero),
    nicira("1.0+", DEC_TTL_CONTROLLERS, undefined, (body) => {
      const count = body.u16();
      body.zeros(4, "NXBRC_MUST_BE_ZERO");
      return cameAs({ type: "dec_ttl", controllers: Array.from({ length: count }, () => body.u16()) }, "ids");
    }),
  ],
  write(writer, action, { version }) {
    const { controllers } = action;
    if (formOf(action) === "ids" || controllers.length !== 1 || controllers[0] !== 0) {
      writeNicira(writer, DEC_TTL_CONTROLLERS, () => {
        writer.u16(controllers.length);
        writer.zeros(4);
        for (const id of controllers) writer.u16(id);
      });
    } else if (version === OF10) writeNicira(writer, NICIRA_DEC_TTL, () => {});
    else writeStandard(writer, DEC_TTL, () => {});
  },
};
