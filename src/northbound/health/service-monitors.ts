/**
 * Watches the backends of load balancers: the part that ovn-controller has in health checks.
 *
 * What: sends probes when they are due, reads the answers, and reports who came online or went offline. Time and packets are the
 *   caller's: `now`, `schedule`, `send`.
 * Cost: one timer, for the next thing due. Results that come together are reported together, since each report may change rules.
 */
import { parseEthernet } from "../packet-actions/packet/ethernet.ts";
import { parseIp } from "../packet-actions/packet/ip.ts";
import type { PacketOut } from "../packet-actions/packet-action.ts";
import { resubmit } from "../pipeline/actions.ts";
import { OUTPUT_LOCAL } from "../pipeline/tables.ts";
import { readAnswer } from "./answer.ts";
import { type Health, HealthState } from "./health-state.ts";
import type { MonitoredService } from "./monitored-service.ts";
import { buildProbe, buildProbeReset, type Probe } from "./probe.ts";

/** Runs something after so many milliseconds; what it gives calls that off. */
export type Schedule = (milliseconds: number, run: () => void) => () => void;

export interface ServiceMonitorsOptions {
  /** Milliseconds. */
  readonly now: () => number;
  readonly schedule: Schedule;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  readonly send: (packet: PacketOut) => void;
  /** By the row's UUID. */
  readonly report: (changes: ReadonlyMap<string, Health>) => void;
}

interface Watched {
  service: MonitoredService;
  readonly state: HealthState;
  /** The last one sent. */
  probe?: Probe;
}

export class ServiceMonitors {
  readonly #options: ServiceMonitorsOptions;
  readonly #watched = new Map<string, Watched>();
  /** Not reported yet. */
  #news = new Map<string, Health>();
  #cancel: (() => void) | undefined;

  constructor(options: ServiceMonitorsOptions) {
    this.#options = options;
  }

  /** From now on these and no others are watched; who was watched before goes on where it was. */
  follow(services: readonly MonitoredService[]): void {
    const now = this.#options.now();
    const gone = new Set(this.#watched.keys());
    for (const service of services) {
      gone.delete(service.uuid);
      const known = this.#watched.get(service.uuid);
      if (known) known.service = service;
      else this.#watched.set(service.uuid, { service, state: new HealthState(now) });
    }
    for (const uuid of gone) {
      this.#watched.delete(uuid);
      this.#news.delete(uuid);
    }
    this.#arm();
  }

  /** A packet from a switch's port to the monitor's address. Gives what is to be sent for it. */
  handleAnswer(switchKey: bigint, portKey: number, frame: Uint8Array): readonly PacketOut[] {
    const ethernet = parseEthernet(frame);
    const packet = ethernet && parseIp(ethernet.payload);
    if (!packet) return [];
    for (const { service, probe, state } of this.#watched.values()) {
      if (!probe || BigInt(service.switchKey) !== switchKey || service.portKey !== portKey) continue;
      const answer = readAnswer(service, probe, packet);
      if (!answer) continue;
      const health = state.answered(this.#options.now(), answer.good, service.timing);
      if (health) this.#news.set(service.uuid, health);
      this.#arm();
      return answer.good ? [packetTo(service, buildProbeReset(service, probe, answer.sequence))] : [];
    }
    return [];
  }

  /** No more timers; as if nothing was to be watched. */
  close(): void {
    this.follow([]);
  }

  #arm(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    let due = this.#news.size > 0 ? this.#options.now() : Number.POSITIVE_INFINITY;
    for (const { state } of this.#watched.values()) due = Math.min(due, state.due);
    if (!Number.isFinite(due)) return;
    const wait = Math.max(0, Math.ceil(due - this.#options.now()));
    this.#cancel = this.#options.schedule(wait, () => this.#run());
  }

  #run(): void {
    const now = this.#options.now();
    for (const watched of this.#watched.values()) {
      const { service, state } = watched;
      const { probe, health } = state.tick(now, service.protocol === "udp" ? "good" : "bad", service.timing);
      if (health) this.#news.set(service.uuid, health);
      if (!probe) continue;
      watched.probe = this.#nextProbe(watched);
      this.#options.send(packetTo(service, buildProbe(service, watched.probe)));
    }
    const news = this.#news;
    this.#news = new Map();
    this.#arm();
    if (news.size > 0) this.#options.report(news);
  }

  /** Each SYN has a port of its own, so that no answer is taken for another's; datagrams keep theirs, as ovn-controller's do. */
  #nextProbe({ service, probe }: Watched): Probe {
    const { random } = this.#options;
    if (service.protocol === "udp" && probe) return probe;
    return { sourcePort: 1024 + Math.floor(random() * (65536 - 1024)), sequence: Math.floor(random() * 2 ** 32) };
  }
}

const REGISTERS = 16;
const OUT_PORT = 15;

/** Straight to the port: no stage of the ingress pipeline has anything to say to it. */
function packetTo({ switchKey, portKey }: MonitoredService, packet: Uint8Array): PacketOut {
  const registers = new Array<number>(REGISTERS).fill(0);
  registers[OUT_PORT] = portKey;
  return { packet, fields: { inPort: 0, metadata: BigInt(switchKey), registers }, actions: resubmit(OUTPUT_LOCAL) };
}
