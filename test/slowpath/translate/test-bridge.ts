/** A bridge made from text, for tests: flows and groups as ovs-ofctl takes them, ports by number. */
import { KEY_VLAN_TCI0, KEY_VLAN_TPID0, VLAN_CFI } from "../../../assembly/layout/key.ts";
import { createFlow } from "../../../src/slowpath/flow/flow.ts";
import { FLOW_ACTSET_OUTPUT } from "../../../src/slowpath/flow/flow-layout.ts";
import { parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { PORT_LOCAL, type PortNames } from "../../../src/slowpath/flow/port-text.ts";
import { BridgeTables } from "../../../src/slowpath/tables/bridge-tables.ts";
import { parseFlowLine } from "../../../src/slowpath/tables/flow-text.ts";
import { parseGroup } from "../../../src/slowpath/tables/group-text.ts";
import type { Bridge, BridgePort, TableMiss } from "../../../src/slowpath/translate/bridge.ts";
import { RecirculationTable } from "../../../src/slowpath/translate/recirculation.ts";
import type { Trace } from "../../../src/slowpath/translate/trace.ts";
import { type TranslationInput, translate } from "../../../src/slowpath/translate/translate.ts";
import type { Translation } from "../../../src/slowpath/translate/translation.ts";
import { recordedFiles } from "../reference.ts";

export class TestBridge implements Bridge {
  readonly name: string;
  readonly tables = new BridgeTables();
  readonly #ports: readonly BridgePort[];
  readonly learned = new Map<string, number>();
  fragments: "normal" | "drop" | "nx-match" = "normal";
  misses: TableMiss = "drop";

  constructor(ports: readonly BridgePort[], name = "br-int") {
    this.name = name;
    this.#ports = ports;
  }

  readonly macTable = { lookup: (vlan: number, mac: Uint8Array) => this.learned.get(`${vlan} ${mac.join()}`) };

  get portNames(): PortNames {
    return {
      nameOf: (number) => this.port(number)?.name,
      numberOf: (name) => this.#ports.find((port) => port.name === name)?.number,
    };
  }

  port(number: number): BridgePort | undefined {
    return this.#ports.find((port) => port.number === number);
  }

  ports(): readonly BridgePort[] {
    return this.#ports;
  }

  group(id: number) {
    return this.tables.groups.get(id);
  }

  meter(id: number) {
    return this.tables.meters.get(id);
  }

  tableMiss(): TableMiss {
    return this.misses;
  }

  addFlows(...lines: string[]): this {
    const context = { ports: this.portNames };
    this.tables.apply(
      lines.map((line) => parseFlowLine(line, context)),
      0,
    );
    return this;
  }

  addGroups(...lines: string[]): this {
    const context = { ports: this.portNames };
    this.tables.apply(
      lines.map((line) => parseGroup(line, "add", context)),
      0,
    );
    return this;
  }
}

/** OpenFlow port n is datapath port n + offset. */
export function ports(count: number, offset = 0): BridgePort[] {
  return Array.from({ length: count }, (_, i) => ({
    number: i + 1,
    name: `p${i + 1}`,
    datapathPort: i + 1 + offset,
    up: true,
  }));
}

/** The recorded OVN bridge: 528 flows, one group, three ports and LOCAL. */
export function ovnBridge(): TestBridge {
  const names = ["veth1", "veth3", "veth5"];
  const bridge = new TestBridge([
    ...names.map((name, i) => ({ number: i + 1, name, datapathPort: i + 2, up: true })),
    { number: PORT_LOCAL, name: "br-int", datapathPort: 1, up: false },
  ]);
  const lines = (file: string, wanted: string): string[] =>
    recordedFiles(`1-single-chassis/state/${file}`)[0].lines.filter((line) => line.includes(wanted));
  bridge.addGroups(...lines("ofctl-dump-groups.txt", "group_id="));
  return bridge.addFlows(...lines("ofctl-dump-flows-no-stats.txt", "actions="));
}

/** A packet's flow from `tcp,in_port=1,nw_src=…`; what is not said is zero. */
export function flowOf(text: string): Uint8Array {
  const flow = createFlow();
  flow.set(
    parseMatch(text.replace(/\bct_state=([a-z|]+)/, (_, flags) => `ct_state=+${flags.replaceAll("|", "+")}`)).value,
  );
  if (flow[KEY_VLAN_TCI0] & (VLAN_CFI >> 8)) flow.set([0x81, 0x00], KEY_VLAN_TPID0);
  flow[FLOW_ACTSET_OUTPUT + 2] = 0xff;
  flow[FLOW_ACTSET_OUTPUT + 3] = 0xf7;
  return flow;
}

export interface Setup {
  readonly bridge: TestBridge;
  readonly recirculation?: RecirculationTable;
  readonly select?: TranslationInput["select"];
  readonly trace?: Trace;
  readonly packet?: TranslationInput["packet"];
  readonly resume?: number;
}

export function run(setup: Setup, flow: Uint8Array | string): Translation {
  return translate({
    recirculation: new RecirculationTable(),
    select: "one-pass",
    ...setup,
    flow: typeof flow === "string" ? flowOf(flow) : flow,
  });
}
