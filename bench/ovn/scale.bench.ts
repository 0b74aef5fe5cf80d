/**
 * A host of unmodified OVN that has much to do: 500 ports and 200 load balancers of 10 backends. How soon all of it is in force, what
 * the first connection to an address costs, and what the switch holds.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ip } from "../../src/lab/namespaces.ts";
import { OUR_SWITCH, OvnLab, REAL_SWITCH, type SwitchOptions } from "../../src/lab/ovn/ovn-lab.ts";
import { missingPackages } from "../../src/lab/ovn/packages.ts";
import { PREFIX_LENGTH, SERVERS, WEB_PORT } from "../../src/lab/topology.ts";
import { type Bench, type Contestant, check, type Figures } from "../bench.ts";
import { runClient } from "../traffic/programs.ts";

const PORTS = 500;
const BALANCERS = 200;
const BACKENDS = 10;
/** The balancers' addresses are NETWORK.1, NETWORK.2 … */
const NETWORK = "1.1.2";
/** Commands that go to a tool at once. */
const AT_ONCE = 100;

const PLUGGED = "ports plugged";
const BOUND = "ports in force";
const BALANCED = "balancers in force";
const RULES = "rules";
const FIRST50 = "first connection p50";
const FIRST99 = "first connection p99";
const RESIDENT = "resident memory";

const [SERVER] = SERVERS;
/** Ports that the lab has anyway. */
const OWN_PORTS = 3;

class OvnHost implements Contestant {
  readonly name: string;
  readonly kind: "megaflow" | "ovs";
  readonly #options: SwitchOptions;
  #count = 0;

  constructor(name: string, kind: "megaflow" | "ovs", options: SwitchOptions) {
    this.name = name;
    this.kind = kind;
    this.#options = options;
  }

  missing(): string | undefined {
    const packages = missingPackages();
    if (packages.length > 0) return `needs the Debian packages ${packages.join(", ")}`;
    return process.getuid?.() === 0 ? undefined : "needs root";
  }

  async run(): Promise<Figures> {
    const directory = mkdtempSync(join(tmpdir(), "megaflow-bench-"));
    const prefix = `mfs${process.pid}${this.kind[0]}${++this.#count}`;
    const lab = await OvnLab.up({ switches: [this.#options] }, { directory, prefix });
    try {
      return { ...(await plug(lab)), ...(await balance(lab)), ...(await connect(lab)), [RESIDENT]: residentOf(lab) };
    } finally {
      await lab.down();
      rmSync(directory, { recursive: true, force: true });
    }
  }
}

/** Half of the ports are on each logical switch. */
async function plug(lab: OvnLab): Promise<Figures> {
  const [chassis] = lab.chassis;
  const indices = Array.from({ length: PORTS - OWN_PORTS }, (_, i) => i);
  await together(
    indices,
    (i) => {
      const mac = `0a:00:00:00:${(i >> 8).toString(16).padStart(2, "0")}:${(i & 255).toString(16).padStart(2, "0")}`;
      return [
        ...["--", "lsp-add", `ls${1 + (i % 2)}`, `lp${i}`],
        ...["--", "lsp-set-addresses", `lp${i}`, `${mac} 3.1.${i >> 8}.${i & 255}`],
      ];
    },
    lab.central.nbctl.bind(lab.central),
  );
  await lab.central.synchronise();
  const start = performance.now();
  await together(
    indices,
    (i) => [
      ...["--", "add-port", "br-int", `p${i}`],
      ...["--", "set", "Interface", `p${i}`, "type=internal", `external_ids:iface-id=lp${i}`],
    ],
    chassis.vsctl.bind(chassis),
  );
  const plugged = performance.now();
  await lab.central.synchronise();
  const faulty = await chassis.vsctl("--bare", "--columns=name", "find", "Interface", "error!=[]");
  check(faulty.trim() === "", `ports that the switch does not have: ${faulty}`);
  return { [PLUGGED]: (plugged - start) / 1000, [BOUND]: (performance.now() - start) / 1000 };
}

async function balance(lab: OvnLab): Promise<Figures> {
  const backends = Array.from({ length: BACKENDS }, (_, i) =>
    SERVER.address.replace(/\d+$/, (last) => String(Number(last) + i)),
  );
  for (const address of backends.slice(1)) {
    await ip("-n", lab.namespace(SERVER.name), "address", "add", `${address}/${PREFIX_LENGTH}`, "dev", SERVER.peer);
  }
  await lab.central.nbctl("lsp-set-addresses", SERVER.logicalPort, `${SERVER.mac} ${backends.join(" ")}`);
  await lab.central.synchronise();
  const list = backends.map((address) => `${address}:${WEB_PORT}`).join(",");
  const start = performance.now();
  const indices = Array.from({ length: BALANCERS }, (_, i) => i + 1);
  await together(
    indices,
    (i) => [
      ...["--", "lb-add", `lb-${i}`, `${NETWORK}.${i}:${WEB_PORT}`, list, "tcp", "--", "ls-lb-add", "ls2", `lb-${i}`],
    ],
    lab.central.nbctl.bind(lab.central),
  );
  await lab.central.synchronise();
  const seconds = (performance.now() - start) / 1000;
  const rules = (await lab.chassis[0].ofctl("dump-aggregate", "br-int")).match(/flow_count=(\d+)/)?.[1];
  return { [BALANCED]: seconds, [RULES]: Number(rules) };
}

async function connect(lab: OvnLab): Promise<Figures> {
  await lab.curls(3); // neighbours are known, compilers have begun
  const words = [NETWORK, String(BALANCERS), String(WEB_PORT)];
  const { p50, p99 } = await runClient<{ p50: number; p99: number }>(
    lab.namespace("ns3"),
    "first-connections.ts",
    ...words,
  );
  return { [FIRST50]: p50, [FIRST99]: p99 };
}

function residentOf({ chassis: [{ daemons }] }: OvnLab): number {
  const { pid } = daemons.process("ovs-vswitchd");
  const kibibytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1];
  check(kibibytes !== undefined, `process ${pid} is gone`);
  return (Number(kibibytes) * 1024) / 1e6;
}

/** One call of a tool for many commands. */
async function together(
  indices: readonly number[],
  words: (index: number) => string[],
  call: (...words: string[]) => Promise<string>,
): Promise<void> {
  for (let from = 0; from < indices.length; from += AT_ONCE) {
    await call(...indices.slice(from, from + AT_ONCE).flatMap(words));
  }
}

const bench: Bench = {
  title: `unmodified OVN with ${PORTS} ports and ${BALANCERS} load balancers of ${BACKENDS} backends`,
  async measure(session) {
    session.setting("ports", `${PORTS}, all but ${OWN_PORTS} of them internal ones`);
    session.setting("load balancers", BALANCERS);
    session.setting("backends of each", BACKENDS);
    session.note("Times in force hold the work of northd and ovn-controller, the same for both.");
    await session.compare({
      contestants: [new OvnHost("megaflow", "megaflow", OUR_SWITCH), new OvnHost("ovs-vswitchd", "ovs", REAL_SWITCH)],
      cases: [{ name: "one host" }],
      metrics: [
        { name: PLUGGED, unit: "s", better: "lower" },
        { name: BOUND, unit: "s", better: "lower" },
        { name: BALANCED, unit: "s", better: "lower" },
        { name: FIRST50, unit: "µs", better: "lower" },
        { name: FIRST99, unit: "µs", better: "lower" },
        { name: RESIDENT, unit: "MB", better: "lower" },
        { name: RULES, unit: "", better: "higher", detail: true },
      ],
      rounds: session.quick ? 1 : 3,
      warmups: 0,
      measure: (host) => host.run(),
    });
  },
};
export default bench;
