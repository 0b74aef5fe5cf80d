/**
 * The embedded control plane: OVN's northbound vocabulary in, OpenFlow rules and groups out, by function call.
 *
 * What: a database of logical switches, routers and load balancers, changed by ovn-nbctl's commands, compiled after every change
 * to the program (rules, groups) that the switch should run. Listeners get the difference.
 * Invariants: a call that fails changes nothing; what a change does not concern keeps its rules, keys, zones and group numbers.
 * Not handled: what needs more than one machine (tunnels, chassis), access lists, router NAT rules, DHCP, DNS.
 */
import { CommandError } from "./commands/command.ts";
import { type Outcome, runLine } from "./commands/run.ts";
import { scriptLines } from "./commands/script-lines.ts";
import { Database, type Reader } from "./database/database.ts";
import type { UuidSource } from "./database/uuid.ts";
import type { Health } from "./health/health-state.ts";
import { keepMonitorRows } from "./health/monitor-rows.ts";
import { monitoredServices } from "./health/monitored-service.ts";
import { type Schedule, ServiceMonitors } from "./health/service-monitors.ts";
import { LearnedAddresses } from "./packet-actions/learned-addresses.ts";
import { PACKET_ACTIONS } from "./packet-actions/list.ts";
import type { LogicalNetwork, PacketIn, PacketOut } from "./packet-actions/packet-action.ts";
import { decodeUserdata } from "./packet-actions/userdata.ts";
import { WaitingPackets } from "./packet-actions/waiting-packets.ts";
import { type Changes, changesBetween, EMPTY_PROGRAM, isEmpty, type Program } from "./pipeline/changes.ts";
import { compile } from "./pipeline/compile.ts";
import { formatGroup } from "./pipeline/groups.ts";
import { Identities } from "./pipeline/identities.ts";
import { learnedRules, neighborRules, stationRules } from "./pipeline/physical/learned.ts";
import { formatRule, RuleSet, type RuleText } from "./pipeline/rules.ts";
import { stageNameOf } from "./pipeline/stage-names.ts";
import type { Port, Topology } from "./pipeline/topology.ts";

export type { Outcome } from "./commands/run.ts";
export type { PacketIn, PacketOut, PipelineFields } from "./packet-actions/packet-action.ts";
export type { Changes } from "./pipeline/changes.ts";

export type ChangeListener = (changes: Changes) => void;

export interface NorthboundOptions {
  readonly newUuid?: UuidSource;
  /** Milliseconds, for packets that wait and for health checks. */
  readonly now?: () => number;
  /** Timers of the process unless given; they do not keep it alive. */
  readonly schedule?: Schedule;
  readonly random?: () => number;
}

export class Northbound {
  readonly #database: Database;
  readonly #bindings = new Map<string, number>();
  readonly #identities = new Identities();
  readonly #learned = new LearnedAddresses();
  readonly #listeners = new Set<ChangeListener>();
  readonly #packetListeners = new Set<(packet: PacketOut) => void>();
  readonly #monitors: ServiceMonitors;
  readonly #random: () => number;
  #compiled: Program = EMPTY_PROGRAM;
  /** Rules for what packets taught, by key. */
  #taught = new Map<string, RuleText>();
  #topology: Topology = { switches: [], routers: [] };
  readonly #network: LogicalNetwork;

  constructor(options: NorthboundOptions = {}) {
    const { now = () => performance.now(), schedule = timer, random = Math.random } = options;
    this.#database = new Database(options.newUuid);
    this.#random = random;
    this.#network = this.#logicalNetwork(new WaitingPackets(now));
    this.#monitors = new ServiceMonitors({
      now,
      schedule,
      random,
      send: (packet) => {
        for (const listener of this.#packetListeners) listener(packet);
      },
      report: (changes) => this.#healthChanged(changes),
    });
    const transaction = this.#database.transaction();
    transaction.insert("NB_Global");
    this.#database.commit(transaction);
    this.#refresh();
  }

  /** One call of ovn-nbctl: its arguments without the program's name. */
  run(argv: readonly string[]): Outcome {
    const before = this.#database.snapshot;
    const outcome = runLine(this.#database, argv);
    if (this.#database.snapshot !== before) this.#refresh();
    return outcome;
  }

  /** A file of calls, one a line; stops at the first that fails, and says which. What ran before stays. */
  runFile(text: string): Outcome {
    const lines = this.runLines(text);
    let step = lines.next();
    while (!step.done) step = lines.next();
    return step.value;
  }

  /** As `runFile`, resting after each line, so that packets which miss need not wait for the last one. */
  *runLines(text: string): Generator<void, Outcome> {
    let stdout = "";
    let stderr = "";
    try {
      for (const argv of scriptLines(text)) {
        const outcome = this.run(argv);
        stdout += outcome.stdout;
        stderr += outcome.exitCode === 0 ? outcome.stderr : `${argv.join(" ")}\n${outcome.stderr}`;
        if (outcome.exitCode !== 0) return { ...outcome, stdout, stderr };
        yield;
      }
    } catch (error) {
      if (!(error instanceof CommandError)) throw error;
      return { stdout, stderr: `${stderr}${error.message}\n`, exitCode: 1 };
    }
    return { stdout, stderr, exitCode: 0 };
  }

  /** The interface at OpenFlow port `ofport` is the logical port's: what external_ids:iface-id says to ovn-controller. */
  bind(logicalPort: string, ofport: number): void {
    if (this.#bindings.get(logicalPort) === ofport) return;
    for (const [other, port] of this.#bindings) if (port === ofport) this.#bindings.delete(other);
    this.#bindings.set(logicalPort, ofport);
    this.#refresh();
  }

  unbind(logicalPort: string): void {
    if (this.#bindings.delete(logicalPort)) this.#refresh();
  }

  bindings(): ReadonlyMap<string, number> {
    return this.#bindings;
  }

  /** Everything the switch should have, in ovs-ofctl's text form. */
  desired(): { readonly flows: readonly string[]; readonly groups: readonly string[] } {
    const { rules, groups } = this.#program;
    return { flows: [...rules.values()].map(formatRule), groups: [...groups.values()].map(formatGroup) };
  }

  /** From nothing to what is desired: for a switch that has just started. */
  everything(): Changes {
    return changesBetween(EMPTY_PROGRAM, this.#program);
  }

  /** Called after each change with what to do to the switch, all of it or nothing. Returns a function that ends it. */
  onChange(listener: ChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Called with packets that no other packet caused: health checks. Returns a function that ends it. */
  onPacket(listener: (packet: PacketOut) => void): () => void {
    this.#packetListeners.add(listener);
    return () => this.#packetListeners.delete(listener);
  }

  /** Ends the health checks, and with them all timers. */
  close(): void {
    this.#monitors.close();
  }

  /**
   * A packet that a `controller(userdata=…)` action handed over. Gives the packets to send on; learning may also change the
   * rules, which listeners hear before this returns.
   */
  handlePacket({ userdata, packet, vnet, fields }: PacketIn): readonly PacketOut[] {
    const instruction = decodeUserdata(userdata);
    const action = PACKET_ACTIONS.find(({ opcode }) => opcode === instruction?.opcode);
    if (!instruction || !action) return [];
    return action.handle({ arguments: instruction.arguments, packet, vnet, fields, network: this.#network });
  }

  /** "ls_in_lb" for table 20 of a switch's metadata; `undefined` for tables that are not ours. */
  stageName(table: number, metadata: number | bigint): string | undefined {
    const key = Number(metadata);
    const { switches, routers } = this.#topology;
    const kind = switches.some((item) => item.key === key)
      ? "switch"
      : routers.some((item) => item.key === key)
        ? "router"
        : undefined;
    return stageNameOf(table, kind);
  }

  get database(): Reader {
    return this.#database;
  }

  #logicalNetwork(waiting: WaitingPackets): LogicalNetwork {
    return {
      waiting,
      serviceAnswered: (metadata, portKey, packet) => this.#monitors.handleAnswer(metadata, portKey, packet),
      routerPort: (metadata, key) =>
        this.#topology.routers
          .find((router) => BigInt(router.key) === metadata)
          ?.ports.find((port) => port.key === key),
      switchPort: (metadata, key) =>
        this.#topology.switches.find((item) => BigInt(item.key) === metadata)?.ports.find((port) => port.key === key),
      learnNeighbor: (port, address, mac) => {
        const lesson = this.#learned.learnNeighbor(port.uuid, address, mac);
        if (!lesson) return;
        this.#teach(
          (rules) => neighborRules(rules, port, lesson.learned),
          (rules) => {
            for (const { what } of lesson.forgotten) neighborRules(rules, port, what);
          },
        );
      },
      learnStation: (port, mac) => {
        const { ports } = port.owner;
        const lesson = this.#learned.learnStation(
          port.uuid,
          mac,
          ports.map(({ uuid }) => uuid),
        );
        if (!lesson) return;
        const portOf = (uuid: string) => ports.find((sibling) => sibling.uuid === uuid)!;
        this.#teach(
          (rules) => stationRules(rules, port, lesson.learned),
          (rules) => {
            for (const { port: at, what } of lesson.forgotten) stationRules(rules, portOf(at), what);
          },
        );
      },
    };
  }

  get #program(): Program {
    const { rules, groups } = this.#compiled;
    return { rules: new Map([...rules, ...this.#taught]), groups };
  }

  #refresh(): void {
    this.#updateStatus();
    const before = this.#program;
    const { program, topology } = compile(this.#database, this.#bindings, this.#identities);
    const { newZones } = this.#identities.settle();
    const ports = [...topology.switches, ...topology.routers].flatMap((datapath): readonly Port[] => datapath.ports);
    this.#learned.keepOnly(new Set(ports.map(({ uuid }) => uuid)));
    this.#compiled = program;
    this.#topology = topology;
    const taught = new RuleSet();
    learnedRules(taught, topology, this.#learned);
    this.#taught = new Map(taught.rules());
    this.#tell(changesBetween(before, this.#program, newZones));
    this.#monitors.follow(monitoredServices(this.#database.rows("Service_Monitor"), topology));
  }

  #healthChanged(changes: ReadonlyMap<string, Health>): void {
    const transaction = this.#database.transaction();
    let changesRules = false;
    for (const [uuid, health] of changes) {
      // Who is not known to be offline is used.
      changesRules ||= (transaction.row("Service_Monitor", uuid)?.status[0] === "offline") !== (health === "offline");
      transaction.update("Service_Monitor", uuid, { status: [health] });
    }
    this.#database.commit(transaction);
    if (changesRules) this.#refresh();
  }

  /** Packets teach often: only the rules that come and go are looked at. */
  #teach(learn: (rules: RuleSet) => void, forget: (rules: RuleSet) => void): void {
    const program = (fill: (rules: RuleSet) => void): Program => {
      const rules = new RuleSet();
      fill(rules);
      return { rules: rules.rules(), groups: new Map() };
    };
    const gone = program(forget);
    const come = program(learn);
    for (const key of gone.rules.keys()) this.#taught.delete(key);
    for (const [key, rule] of come.rules) this.#taught.set(key, rule);
    this.#tell(changesBetween(gone, come));
  }

  #tell(changes: Changes): void {
    if (!isEmpty(changes)) for (const listener of this.#listeners) listener(changes);
  }

  /** What the control plane says in the database: column `up` of switch ports (bound, or a router's), and table Service_Monitor. */
  #updateStatus(): void {
    const transaction = this.#database.transaction();
    for (const { uuid, name, type, up } of this.#database.rows("Logical_Switch_Port")) {
      const isUp = type === "router" || (type === "" && this.#bindings.has(name));
      if (up[0] !== isUp) transaction.update("Logical_Switch_Port", uuid, { up: [isUp] });
    }
    keepMonitorRows(transaction, (name) => this.#bindings.has(name), this.#random);
    this.#database.commit(transaction);
  }
}

const timer: Schedule = (milliseconds, run) => {
  const started = setTimeout(run, milliseconds).unref();
  return () => clearTimeout(started);
};
