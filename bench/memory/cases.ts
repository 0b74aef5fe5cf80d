/** What a packet can meet in the switch: megaflows, connections, a group. */

import { KEY_NW_SRC, KEY_TP_SRC } from "../../assembly/layout/key.ts";
import type { MegaflowHandle } from "../../src/fastpath/datapath.ts";
import type {
  CtAction,
  DatapathAction,
  NatRange,
  SelectAction,
  SelectField,
} from "../../src/fastpath/datapath-action.ts";
import { MAX_FLOWS } from "../../src/fastpath/flow-store.ts";
import type { LocalDatapath } from "../../src/fastpath/local-datapath.ts";
import { parseDatapathActions } from "../../src/slowpath/odp/actions.ts";
import { flowOf, type PassMatch, passOf } from "./megaflows.ts";
import { FIRST_FLOW, SOURCE_BASE } from "./packet-source.ts";
import { IN_PORT, OUT_PORT, type RigCase } from "./rig.ts";
import { ACK, SYN, type TcpFrame, tcpFrame } from "./tcp-frame.ts";

const OUTPUT: DatapathAction = { type: "output", port: OUT_PORT };
const BACK: DatapathAction = { type: "output", port: IN_PORT };
const recirculate = (id: number): DatapathAction => ({ type: "recirc", id });
const BACKENDS = 4;
const BACKEND = Uint8Array.of(10, 2, 0, 1);
const BACKEND_ADDRESS = 0x0a02_0001;
const ZONE: CtAction = { type: "ct", zone: 1 };
const TO_BACKEND: NatRange = { type: "dst", addressMin: BACKEND, addressMax: BACKEND };

/** How many neighbours share a megaflow so that all fit. */
const neighbours = (flows: number): number => 2 ** Math.max(0, Math.ceil(Math.log2(flows / MAX_FLOWS)));

/**
 * A megaflow for each `shared` neighbours (a power of two), spread evenly over the masks: on the average half of them are probed.
 */
export function outputCase(flows: number, masks = 1, cached = true, shared = neighbours(flows)): RigCase {
  return {
    flows,
    cached,
    prepare(datapath) {
      for (let i = 0; i * shared < flows; i++) {
        const { key, mask } = flowOf(i * shared, IN_PORT, i % masks, shared);
        datapath.putFlow(key, mask, [OUTPUT]);
      }
      datapath.run();
    },
  };
}

/** Connections that have answered; each packet passes the tracker once and is looked up again. */
export function establishedCase(connections: number): RigCase {
  return {
    flows: connections,
    passes: 2,
    prepare(datapath) {
      putTracked(datapath, {});
      connect(datapath, connections, FIRST_FLOW.destination);
    },
  };
}

/** Every packet is a connection's first: it is looked up in vain and committed. */
export function newCase(connections: number): RigCase {
  return {
    flows: connections,
    passes: 2,
    source: { flags: SYN },
    prepare: (datapath) => putTracked(datapath, {}),
    forget(datapath) {
      datapath.conntrack.flush();
      datapath.run();
    },
  };
}

/** One pass through the tracker and out: connections that have answered, translated or not. */
export function trackedProgramCase(translated: boolean): RigCase {
  const nat: CtAction = translated ? { ...ZONE, nat: {} } : ZONE;
  return {
    flows: 1,
    source: { whole: true },
    edits: translated ? [{ at: 30, hex: "0a020001" }] : [],
    prepare(datapath) {
      const first = putTracked(datapath, translated ? { nat: {}, commit: TO_BACKEND } : {});
      connect(datapath, 1, translated ? BACKEND_ADDRESS : FIRST_FLOW.destination);
      datapath.replaceActions(first, [nat, OUTPUT]);
      datapath.run();
    },
  };
}

/** A megaflow with these actions, in ovs-dpctl's words; the packets go out by port 2. */
export function programCase(actions: string, edits: RigCase["edits"]): RigCase {
  const program = parseDatapathActions(actions);
  return {
    flows: 1,
    source: { whole: true },
    edits,
    prepare: (datapath) => put(datapath, { port: IN_PORT }, program),
  };
}

/** Rules of a tracker in one zone; `commit`: what NAT a new connection gets. The megaflow that sends everything to the tracker. */
function putTracked(datapath: LocalDatapath, { nat, commit }: { nat?: NatRange; commit?: NatRange }): MegaflowHandle {
  const look: CtAction = { ...ZONE, nat };
  const first = put(datapath, { port: IN_PORT }, [look, recirculate(1)]);
  const committed: CtAction = { ...ZONE, commit: true, nat: commit };
  put(datapath, { port: IN_PORT, recirculation: 1, tracked: "new" }, [committed, OUTPUT]);
  put(datapath, { port: IN_PORT, recirculation: 1, tracked: "established" }, [OUTPUT]);
  put(datapath, { port: OUT_PORT }, [look, BACK]);
  return first;
}

/** Through a destination NAT in one zone and the tracker in another. */
export function translatedCase(connections: number): RigCase {
  const nat: CtAction = { ...ZONE, nat: {} };
  const commit: CtAction = { ...ZONE, commit: true, nat: TO_BACKEND };
  const second: CtAction = { type: "ct", zone: 2 };
  return {
    flows: connections,
    passes: 3,
    prepare(datapath) {
      put(datapath, { port: IN_PORT }, [nat, recirculate(1)]);
      put(datapath, { port: IN_PORT, recirculation: 1, tracked: "new" }, [commit, second, recirculate(2)]);
      put(datapath, { port: IN_PORT, recirculation: 1, tracked: "established" }, [second, recirculate(2)]);
      put(datapath, { port: IN_PORT, recirculation: 2, tracked: "new" }, [{ ...second, commit: true }, OUTPUT]);
      put(datapath, { port: IN_PORT, recirculation: 2, tracked: "established" }, [OUTPUT]);
      put(datapath, { port: OUT_PORT }, [second, nat, BACK]);
      connect(datapath, connections, BACKEND_ADDRESS);
    },
  };
}

/** One megaflow whose only action is the group. */
export function selectCase(flows: number, method: SelectAction["method"]): RigCase {
  const buckets = Array.from({ length: BACKENDS }, (_, id) => ({
    id,
    weight: 100,
    alive: true,
    actions: [OUTPUT],
    counters: 0,
  }));
  return {
    flows,
    prepare: (datapath) => put(datapath, { port: IN_PORT }, [{ type: "select", method, buckets }]),
  };
}

/** The group as OVS has it: dp_hash, another pass, a megaflow for each of its 256 values. */
export function recirculatedSelectCase(flows: number): RigCase {
  return {
    flows,
    passes: 2,
    prepare(datapath) {
      put(datapath, { port: IN_PORT }, [{ type: "hash", algorithm: "l4", basis: 0 }, recirculate(1)]);
      for (let value = 0; value < 256; value++) {
        put(datapath, { port: IN_PORT, recirculation: 1, dpHash: { value, mask: 0xff } }, [OUTPUT]);
      }
    },
  };
}

export const DP_HASH: SelectAction["method"] = { kind: "dp_hash", basis: 0, algorithm: "l4" };
export const byFields = (...fields: readonly SelectField[]): SelectAction["method"] => ({
  kind: "fields",
  param: 0n,
  fields,
});
export const IP_SRC: SelectField = { keyOffset: KEY_NW_SRC, mask: new Uint8Array(4).fill(0xff) };
export const TP_SRC: SelectField = { keyOffset: KEY_TP_SRC, mask: new Uint8Array(2).fill(0xff) };

function put(datapath: LocalDatapath, match: PassMatch, actions: readonly DatapathAction[]): MegaflowHandle {
  const { key, mask } = passOf(match);
  const megaflow = datapath.putFlow(key, mask, actions);
  datapath.run();
  return megaflow;
}

/** The handshake of each connection; `server` is who answers. */
function connect(datapath: LocalDatapath, connections: number, server: number): void {
  const play = (port: number, frame: (source: number) => TcpFrame) => {
    for (let i = 0; i < connections; i++) {
      datapath.inject(port, tcpFrame(frame(SOURCE_BASE + i)));
      if (i % 64 === 63 || i === connections - 1) datapath.run();
    }
  };
  const { sourcePort, destinationPort } = FIRST_FLOW;
  play(IN_PORT, (source) => ({ ...FIRST_FLOW, source, flags: SYN, sequence: 0, acknowledgement: 0 }));
  play(OUT_PORT, (client) => ({
    source: server,
    destination: client,
    sourcePort: destinationPort,
    destinationPort: sourcePort,
    flags: SYN | ACK,
    acknowledgement: 1,
  }));
  play(IN_PORT, (source) => ({ ...FIRST_FLOW, source }));
}
