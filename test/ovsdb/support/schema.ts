/** A schema of three tables, and the real one of Open vSwitch 3.1 as the recorded session has it. */
import type { Json } from "../../../src/json-rpc/message.ts";
import { recordedFiles } from "../../slowpath/reference.ts";

export const smallSchema: Json = {
  name: "Open_vSwitch",
  version: "8.3.1",
  tables: {
    Open_vSwitch: {
      columns: {
        bridges: { type: { key: { type: "uuid", refTable: "Bridge" }, min: 0, max: "unlimited" } },
        next_cfg: { type: "integer" },
        cur_cfg: { type: "integer" },
      },
    },
    Bridge: {
      columns: {
        name: { type: "string" },
        other_config: { type: { key: "string", value: "string", min: 0, max: "unlimited" } },
        fail_mode: { type: { key: "string", min: 0, max: 1 } },
      },
    },
  },
};

export interface RecordedMessage {
  readonly n: number;
  readonly dir: "c2s" | "s2c";
  // biome-ignore lint/suspicious/noExplicitAny: whatever was recorded
  readonly msg: any;
}

/** What ovs-vswitchd and its database said to each other. */
export function recordedSession(): RecordedMessage[] {
  return recordedFiles("ovsdb/vswitchd.jsonl")[0]
    .lines.filter((line) => line !== "")
    .map((line) => JSON.parse(line))
    .filter(({ msg }) => msg !== undefined);
}

export function recordedSchema(session: readonly RecordedMessage[]): Json {
  const databases = Object.values(session.find(({ n }) => n === 5)!.msg.result.Database) as {
    initial: { name: string; schema: string };
  }[];
  return JSON.parse(databases.find(({ initial }) => initial.name === "Open_vSwitch")!.initial.schema);
}
