/**
 * The client of crafted connections: what curl does on the wire, of many connections at a time.
 *
 *   SYN → SYN_SENT ── SYN+ACK → ACK, request → REQUESTED ── response → ANSWERED ── FIN → FIN+ACK → LAST_ACK ── ACK → done
 *
 * Invariants: what a connection waits for is all it takes, by its sequence number and acknowledgement: whatever comes twice, late or out
 *   of order is as if it had not come. What is not answered is sent again after RESEND_AFTER; who is not done after TIME_LIMIT has failed.
 *   The response is acknowledged by the FIN: it and the server's FIN come together.
 */
import { ConnectionTable, FREE } from "./connection-table.ts";
import {
  ACK,
  acknowledgementOf,
  addressNumber,
  destinationOf,
  destinationPortOf,
  FIN,
  firstByteOf,
  flagsOf,
  type Path,
  PSH,
  payloadLengthOf,
  RST,
  SegmentTemplate,
  SYN,
  SYN_OPTIONS,
  sequenceOf,
  sourceOf,
  sourcePortOf,
  type Transmit,
} from "./segment.ts";

const SYN_SENT = 1;
const REQUESTED = 2;
const ANSWERED = 3;
const LAST_ACK = 4;

/** Milliseconds from a connection's first SYN on. */
export const TIME_LIMIT = 5000;
/** After so many failures it makes no sense to go on. */
const MOST_FAILURES = 100;
/** Between the initial sequence numbers of connections: one that reuses a port begins past where the last one ended (RFC 9293 §3.6.1). */
const STEP = 20_000;
/** What curl asks a server for. */
export const request = (host: string): Uint8Array =>
  Buffer.from(`GET / HTTP/1.1\r\nHost: ${host}\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n`);

export interface ClientOrder {
  /** To whom it calls: no source port. */
  readonly path: Path & { readonly destinationPort: number };
  /** Its own ports, in turn. */
  readonly firstPort: number;
  readonly ports: number;
  readonly inFlight: number;
}

export class CraftedClient {
  /** Milliseconds from the SYN to the server's byte, of `answered` connections. */
  times = new Float64Array(0);
  answered = 0;
  ended = 0;
  failed = 0;
  /** Segments sent again, since it was made. */
  again = 0;
  /** Connections by server. */
  readonly servers: Record<number, number> = {};
  /** When each tenth of the connections had ended (ms). */
  readonly tenths: number[] = [];
  readonly #order: ClientOrder;
  readonly #transmit: Transmit;
  readonly #table = new ConnectionTable();
  /** When it sent the first SYN. */
  readonly #started = new Float64Array(1 << 16);
  readonly #syn: SegmentTemplate;
  readonly #ack: SegmentTemplate;
  readonly #request: SegmentTemplate;
  readonly #fin: SegmentTemplate;
  readonly #own: number;
  readonly #server: number;
  readonly #serverPort: number;
  #count = 0;
  #opened = 0;
  #underWay = 0;
  /** Connections since it was made. */
  #all = 0;

  constructor(order: ClientOrder, transmit: Transmit) {
    const { path } = order;
    this.#order = order;
    this.#transmit = transmit;
    this.#syn = new SegmentTemplate(path, { flags: SYN, options: SYN_OPTIONS });
    this.#ack = new SegmentTemplate(path, { flags: ACK });
    const payload = request(`${path.destination}:${path.destinationPort}`);
    this.#request = new SegmentTemplate(path, { flags: PSH | ACK, payload });
    this.#fin = new SegmentTemplate(path, { flags: FIN | ACK });
    this.#own = addressNumber(path.source);
    this.#server = addressNumber(path.destination);
    this.#serverPort = path.destinationPort;
  }

  /** Begins so many connections, whose counts begin anew. */
  begin(count: number, now: number): void {
    this.times = new Float64Array(count);
    this.answered = 0;
    this.ended = 0;
    this.failed = 0;
    this.tenths.length = 0;
    for (const server of Object.keys(this.servers)) delete this.servers[Number(server)];
    this.#count = count;
    this.#opened = 0;
    this.#underWay = 0;
    while (this.#underWay < this.#order.inFlight && this.#opened < count) this.#open(now);
  }

  get isOver(): boolean {
    return this.ended >= this.#count || this.failed >= MOST_FAILURES;
  }

  #open(now: number): void {
    const { firstPort, ports } = this.#order;
    const table = this.#table;
    let port = firstPort + (this.#all++ % ports);
    while (table.state[port] !== FREE) port = firstPort + (this.#all++ % ports);
    const first = (this.#all * STEP) >>> 0;
    this.#opened++;
    this.#underWay++;
    this.#started[port] = now;
    table.enter(port, SYN_SENT, now);
    table.sent[port] = first + 1;
    this.#transmit(this.#syn, port, first, 0);
  }

  #end(port: number, good: boolean, now: number): void {
    this.#table.state[port] = FREE;
    this.#underWay--;
    if (!good) this.failed++;
    if (++this.ended % Math.ceil(this.#count / 10) === 0) this.tenths.push(now);
    if (this.#opened < this.#count) this.#open(now);
  }

  /** A segment that `inspect` found right. */
  receive(view: DataView, at: number, now: number): void {
    if (sourceOf(view, at) !== this.#server || sourcePortOf(view, at) !== this.#serverPort) return;
    if (destinationOf(view, at) !== this.#own) return;
    const port = destinationPortOf(view, at);
    const { state, sent, received } = this.#table;
    const flags = flagsOf(view, at);
    if (state[port] === FREE || acknowledgementOf(view, at) !== sent[port]) return;
    if (flags & RST) {
      this.#end(port, false, now);
    } else if (state[port] === SYN_SENT) {
      if (flags === (SYN | ACK)) this.#ask(port, sequenceOf(view, at) + 1, now);
    } else if (flags & SYN || sequenceOf(view, at) !== received[port]) {
      return;
    } else if (state[port] === REQUESTED) {
      if (payloadLengthOf(view, at) === 1) this.#answer(port, firstByteOf(view, at), now);
    } else if (state[port] === ANSWERED) {
      if (flags & FIN) this.#close(port, now);
    } else {
      this.#end(port, true, now);
    }
  }

  #ask(port: number, received: number, now: number): void {
    const table = this.#table;
    const sequence = table.sent[port];
    table.enter(port, REQUESTED, now);
    table.received[port] = received;
    table.sent[port] = sequence + this.#request.length;
    this.#transmit(this.#ack, port, sequence, table.received[port]);
    this.#transmit(this.#request, port, sequence, table.received[port]);
  }

  #answer(port: number, server: number, now: number): void {
    const table = this.#table;
    this.times[this.answered++] = now - this.#started[port];
    this.servers[server] = (this.servers[server] ?? 0) + 1;
    table.received[port]++;
    table.enter(port, ANSWERED, now);
  }

  #close(port: number, now: number): void {
    const table = this.#table;
    table.received[port]++;
    table.enter(port, LAST_ACK, now);
    this.#transmit(this.#fin, port, table.sent[port]++, table.received[port]);
  }

  /** Sends again what was not answered, and gives up on who has waited too long. To be called every few milliseconds. */
  resend(now: number): void {
    this.#table.forLate(LAST_ACK, now, (port) => {
      if (now - this.#started[port] > TIME_LIMIT) this.#end(port, false, now);
      else this.#sendAgain(port);
    });
  }

  /** In ANSWERED it is the server's turn. */
  #sendAgain(port: number): void {
    const { state, sent, received } = this.#table;
    if (state[port] === ANSWERED) return;
    this.again++;
    if (state[port] === SYN_SENT) this.#transmit(this.#syn, port, (sent[port] - 1) >>> 0, 0);
    else if (state[port] === LAST_ACK) this.#transmit(this.#fin, port, (sent[port] - 1) >>> 0, received[port]);
    else this.#transmit(this.#request, port, (sent[port] - this.#request.length) >>> 0, received[port]);
  }
}
