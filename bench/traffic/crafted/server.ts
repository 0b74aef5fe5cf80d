/**
 * A server of crafted connections: answers each request with one byte, its number, and closes, as a web server without keep-alive does.
 *
 *   SYN → SYN+ACK → SYN_RECEIVED ── ACK → ESTABLISHED ── request → response, FIN → ANSWERED ── FIN → last ACK → TIME_WAIT ── SYN → …
 *
 * Invariants: as the client's (client.ts); the ACK may be missing where the request comes all the same. Here stays TIME_WAIT, so that
 *   the client's ports are free at once; a SYN past what was received opens a new connection then (RFC 9293 §3.6.1).
 */
import { ConnectionTable, FREE } from "./connection-table.ts";
import {
  ACK,
  acknowledgementOf,
  addressNumber,
  destinationOf,
  destinationPortOf,
  FIN,
  flagsOf,
  type Path,
  PSH,
  payloadLengthOf,
  SegmentTemplate,
  SYN,
  SYN_OPTIONS,
  sequenceOf,
  sourceOf,
  sourcePortOf,
  type Transmit,
} from "./segment.ts";

const SYN_RECEIVED = 1;
const ANSWERED = 2;
const ESTABLISHED = 3;
const TIME_WAIT = 4;
/** Between initial sequence numbers: they come all over their 32 bits. */
const STEP = 0x9e3779b1;

export interface ServerOrder {
  /** To the client: no destination port. */
  readonly path: Path & { readonly sourcePort: number };
  /** What it answers, 1 … 255. */
  readonly number: number;
}

export class CraftedServer {
  /** Segments sent again, since it was made. */
  again = 0;
  readonly #transmit: Transmit;
  readonly #table = new ConnectionTable();
  readonly #synAck: SegmentTemplate;
  readonly #response: SegmentTemplate;
  readonly #fin: SegmentTemplate;
  readonly #ack: SegmentTemplate;
  readonly #own: number;
  readonly #ownPort: number;
  readonly #client: number;
  #connections = 0;

  constructor({ path, number }: ServerOrder, transmit: Transmit) {
    this.#transmit = transmit;
    this.#synAck = new SegmentTemplate(path, { flags: SYN | ACK, options: SYN_OPTIONS });
    this.#response = new SegmentTemplate(path, { flags: PSH | ACK, payload: new Uint8Array([number]) });
    this.#fin = new SegmentTemplate(path, { flags: FIN | ACK });
    this.#ack = new SegmentTemplate(path, { flags: ACK });
    this.#own = addressNumber(path.source);
    this.#ownPort = path.sourcePort;
    this.#client = addressNumber(path.destination);
  }

  /** A segment that `inspect` found right. */
  receive(view: DataView, at: number, now: number): void {
    if (destinationOf(view, at) !== this.#own || destinationPortOf(view, at) !== this.#ownPort) return;
    if (sourceOf(view, at) !== this.#client) return;
    const port = sourcePortOf(view, at);
    const { state, sent, received } = this.#table;
    const flags = flagsOf(view, at);
    const sequence = sequenceOf(view, at);
    if (flags === SYN) {
      this.#accept(port, sequence, now);
    } else if (acknowledgementOf(view, at) !== sent[port]) {
      return;
    } else if (state[port] === TIME_WAIT) {
      if (flags & FIN && (sequence + 1) >>> 0 === received[port]) this.#acknowledgeAgain(port);
    } else if (sequence !== received[port]) {
      return;
    } else if (state[port] === ANSWERED) {
      if (flags & FIN) this.#close(port, now);
    } else if (state[port] === SYN_RECEIVED || state[port] === ESTABLISHED) {
      const length = payloadLengthOf(view, at);
      if (length > 0) this.#answer(port, length, now);
      else this.#table.enter(port, ESTABLISHED, now);
    }
  }

  #accept(port: number, sequence: number, now: number): void {
    const table = this.#table;
    const before = table.state[port];
    const isNew = before === FREE || (before === TIME_WAIT && ((sequence - table.received[port]) | 0) >= 0);
    if (!isNew) return;
    const first = Math.imul(++this.#connections, STEP) >>> 0;
    table.enter(port, SYN_RECEIVED, now);
    table.received[port] = sequence + 1;
    table.sent[port] = first + 1;
    this.#transmit(this.#synAck, port, first, table.received[port]);
  }

  #answer(port: number, length: number, now: number): void {
    const table = this.#table;
    table.received[port] += length;
    table.enter(port, ANSWERED, now);
    table.sent[port] += this.#response.length + 1;
    this.#sendAnswer(port);
  }

  #sendAnswer(port: number): void {
    const { sent, received } = this.#table;
    const fin = (sent[port] - 1) >>> 0;
    this.#transmit(this.#response, port, (fin - this.#response.length) >>> 0, received[port]);
    this.#transmit(this.#fin, port, fin, received[port]);
  }

  #close(port: number, now: number): void {
    const table = this.#table;
    table.received[port]++;
    table.enter(port, TIME_WAIT, now);
    this.#transmit(this.#ack, port, table.sent[port], table.received[port]);
  }

  /** The last ACK was lost. */
  #acknowledgeAgain(port: number): void {
    this.again++;
    this.#transmit(this.#ack, port, this.#table.sent[port], this.#table.received[port]);
  }

  /** Sends again what was not answered. To be called every few milliseconds. */
  resend(now: number): void {
    this.#table.forLate(ANSWERED, now, (port) => {
      const { state, sent, received } = this.#table;
      if (state[port] === SYN_RECEIVED) {
        this.again++;
        this.#transmit(this.#synAck, port, (sent[port] - 1) >>> 0, received[port]);
      } else {
        this.again += 2;
        this.#sendAnswer(port);
      }
    });
  }
}
