/** Requests for meters. */
import { metersIn } from "../../slowpath/tables/references.ts";
import type { Meter } from "../../slowpath/tables/rule.ts";
import { METER_ALL } from "../messages/meter-statistics.ts";
import type { BridgeAgent } from "../server/bridge-agent.ts";
import { OpenFlowError } from "../wire/errors.ts";
import type { MessageOf, Request } from "./handler.ts";

/** What the datapath has room for, as ovs-vswitchd's userspace datapath says. */
const MAX_METERS = 0x4_0000;
const MAX_BANDS = 8;

function metersOf({ bridge }: BridgeAgent, id: number): Meter[] {
  if (id === METER_ALL) return bridge.tables.meters.all();
  const meter = bridge.meter(id);
  if (!meter) throw new OpenFlowError("OFPMMFC_UNKNOWN_METER", `meter ${id} does not exist`);
  return [meter];
}

export function meterStatistics({
  session,
  agent,
  envelope,
  message,
}: Request<MessageOf<"meter_statistics_request">>): void {
  const users = new Map<number, number>();
  for (const { actions } of agent.bridge.tables.rules()) {
    for (const id of new Set(metersIn(actions))) users.set(id, (users.get(id) ?? 0) + 1);
  }
  const now = agent.switch.now();
  const entries = metersOf(agent, message.meter).map((meter) => ({
    meter: meter.id,
    flows: users.get(meter.id) ?? 0,
    ...agent.switch.datapath.meterStatistics(meter.datapathIndex),
    duration: now - agent.meterSince(meter.id),
  }));
  session.reply(envelope, { type: "meter_statistics_reply", entries });
}

export function meterConfigs({ session, agent, envelope, message }: Request<MessageOf<"meter_config_request">>): void {
  session.reply(envelope, { type: "meter_config_reply", entries: metersOf(agent, message.meter) });
}

export function meterFeatures({ session, envelope }: Request<MessageOf<"meter_features_request">>): void {
  session.reply(envelope, { type: "meter_features_reply", maxMeters: MAX_METERS, maxBands: MAX_BANDS });
}
