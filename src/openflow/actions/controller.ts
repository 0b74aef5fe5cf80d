/** `controller(…)`: a packet-in, with more to say than output to the CONTROLLER port can. */
import type { ControllerAction } from "../../slowpath/actions/action.ts";
import { OpenFlowError } from "../wire/errors.ts";
import { readProperties, unknownProperty, writeProperty, writeU16Property } from "../wire/property.ts";
import type { Reader } from "../wire/reader.ts";
import { reasonNumber, reasons } from "../wire/reasons.ts";
import { type ActionCodec, nicira, writeNicira } from "./definition.ts";
import { cameAs, formOf } from "./form-memory.ts";

const CONTROLLER = 20;
const CONTROLLER2 = 37;
const WHOLE_PACKET = 0xffff;
const NO_METER = 0;
/** Properties of CONTROLLER2. */
const MAX_LENGTH = 0;
const CONTROLLER_ID = 1;
const REASON = 2;
const USERDATA = 3;
const PAUSE = 4;
const METER_ID = 5;

type Draft = { -readonly [K in keyof ControllerAction]: ControllerAction[K] };

function reasonOf(number: number): ControllerAction["reason"] {
  const reason = reasons[number];
  if (!reason) throw new OpenFlowError("OFPBAC_BAD_ARGUMENT", `packet-in reason ${number}`);
  return reason;
}

function readProperties2(body: Reader): ControllerAction {
  const action: Draft = {
    type: "controller",
    maxLength: WHOLE_PACKET,
    controllerId: 0,
    reason: "action",
    pause: false,
  };
  body.zeros(6, "NXBRC_MUST_BE_ZERO");
  for (const property of readProperties(body)) {
    const value = property.body;
    if (property.experimenter !== 0) throw unknownProperty(property);
    if (property.type === MAX_LENGTH) action.maxLength = value.u16();
    else if (property.type === CONTROLLER_ID) action.controllerId = value.u16();
    else if (property.type === REASON) action.reason = reasonOf(value.u8());
    else if (property.type === USERDATA) action.userdata = value.rest().slice();
    else if (property.type === PAUSE) action.pause = true;
    else if (property.type === METER_ID) action.meterId = value.u32();
    else throw unknownProperty(property);
  }
  if (action.meterId === NO_METER) delete action.meterId;
  return cameAs(action, "2");
}

export const controller: ActionCodec<ControllerAction> = {
  type: "controller",
  forms: [
    nicira("1.0+", CONTROLLER, 16, (body) => {
      const maxLength = body.u16();
      const controllerId = body.u16();
      const reason = reasonOf(body.u8());
      body.skip(1);
      return { type: "controller", maxLength, controllerId, reason, pause: false };
    }),
    nicira("1.0+", CONTROLLER2, undefined, readProperties2),
  ],
  write(writer, action) {
    const { maxLength, controllerId, reason, userdata, pause, meterId } = action;
    if (formOf(action) !== "2" && !userdata?.length && !pause && meterId === undefined) {
      writeNicira(writer, CONTROLLER, () => {
        writer.u16(maxLength);
        writer.u16(controllerId);
        writer.u8(reasonNumber(reason));
        writer.zeros(1);
      });
      return;
    }
    writeNicira(writer, CONTROLLER2, () => {
      writer.zeros(6);
      if (maxLength !== WHOLE_PACKET) writeU16Property(writer, MAX_LENGTH, maxLength);
      if (controllerId !== 0) writeU16Property(writer, CONTROLLER_ID, controllerId);
      if (reason !== "action") writeProperty(writer, REASON, () => writer.u8(reasonNumber(reason)));
      if (userdata?.length) writeProperty(writer, USERDATA, () => writer.bytes(userdata));
      if (pause) writeProperty(writer, PAUSE, () => {});
      if (meterId !== undefined) writeProperty(writer, METER_ID, () => writer.u32(meterId));
    });
  },
};
