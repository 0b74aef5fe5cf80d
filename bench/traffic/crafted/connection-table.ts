/** What one side of crafted connections knows of each, by the client's port: typed arrays, nothing is made for a connection. */

const PORTS = 1 << 16;
/** State of a port without a connection. The others are the side's own. */
export const FREE = 0;
/** Milliseconds without an answer after which a segment goes again: Linux's least retransmission timeout. */
export const RESEND_AFTER = 200;

export class ConnectionTable {
  readonly state = new Uint8Array(PORTS);
  /** Sequence number of the next byte to send: what the other side is to acknowledge. */
  readonly sent = new Uint32Array(PORTS);
  /** Of the next byte to come. */
  readonly received = new Uint32Array(PORTS);
  /** When the last segment that wants an answer went out (ms). */
  readonly since = new Float64Array(PORTS);

  enter(port: number, state: number, now: number): void {
    this.state[port] = state;
    this.since[port] = now;
  }

  /** Calls `resend` for each that has waited too long in a state up to `last`. */
  forLate(last: number, now: number, resend: (port: number) => void): void {
    const { state, since } = this;
    for (let port = 0; port < PORTS; port++) {
      if (state[port] === FREE || state[port] > last || now - since[port] < RESEND_AFTER) continue;
      since[port] = now;
      resend(port);
    }
  }
}
