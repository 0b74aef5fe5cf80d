/** `sample(…)`. The port and direction that its second and third form add are kept for whoever dumps, and mean nothing. */
import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { PORT_NONE } from "../../slowpath/flow/port-text.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";

type Sample = ActionOf<"sample">;

const SAMPLE = 29;
const SAMPLE2 = 38;
const SAMPLE3 = 41;

function read(body: Reader): Sample {
  const probability = body.u16();
  if (probability === 0) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", "sample with probability 0");
  return {
    type: "sample",
    probability,
    collectorSetId: body.u32(),
    obsDomainId: body.u32(),
    obsPointId: body.u32(),
  };
}

/** "number port direction" */
function readWithPort(body: Reader, number: number): Sample {
  const action = read(body);
  const port = body.u16();
  const direction = body.u8();
  return cameAs(action, `${number} ${port} ${direction}`);
}

export const sample: ActionCodec<Sample> = {
  type: "sample",
  forms: [
    nicira("1.0+", SAMPLE, 24, read),
    nicira("1.0+", SAMPLE2, 32, (body) => readWithPort(body, SAMPLE2)),
    nicira("1.0+", SAMPLE3, 32, (body) => readWithPort(body, SAMPLE3)),
  ],
  write(writer, action) {
    const { probability, collectorSetId, obsDomainId, obsPointId } = action;
    const [number, port, direction] = (formOf(action) ?? `${SAMPLE} ${PORT_NONE} 0`).split(" ").map(Number);
    writeNicira(writer, number, () => {
      writer.u16(probability);
      writer.u32(collectorSetId);
      writer.u32(obsDomainId);
      writer.u32(obsPointId);
      if (number === SAMPLE) return;
      writer.u16(port);
      writer.u8(direction);
      writer.zeros(5);
    });
  },
};
