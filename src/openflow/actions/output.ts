/** `output:PORT` */

import type { ActionOf } from "../../slowpath/actions/definition.ts";
import { PORT_CONTROLLER } from "../../slowpath/flow/port-text.ts";
import { portTo32, readPort } from "../wire/ports.ts";
import type { Reader } from "../wire/reader.ts";
import { OF10, type Version } from "../wire/version.ts";
import { type ActionCodec, standard, writeStandard } from "./definition.ts";

const OUTPUT = 0;
const WHOLE_PACKET = 0xffff;

function read(body: Reader, version: Version): ActionOf<"output"> {
  const port = readPort(body, version);
  const maxLength = body.u16();
  return { type: "output", port, ...((port === PORT_CONTROLLER || maxLength !== 0) && { maxLength }) };
}

export const output: ActionCodec<ActionOf<"output">> = {
  type: "output",
  forms: [
    standard("1.0", OUTPUT, 8, (body) => read(body, OF10)),
    standard("1.1+", OUTPUT, 16, (body, { version }) => {
      const action = read(body, version);
      body.skip(6);
      return action;
    }),
  ],
  write(writer, { port, maxLength = port === PORT_CONTROLLER ? WHOLE_PACKET : 0 }, { version }) {
    writeStandard(writer, OUTPUT, () => {
      if (version === OF10) writer.u16(port);
      else writer.u32(portTo32(port));
      writer.u16(maxLength);
    });
  },
};
