/** Model of TCP tracking, written down as rules over numbers; the fast path's is bytes. */

export interface TcpHeader {
  /** Letters of FSRPAU. */
  readonly flags: string;
  readonly seq: number;
  readonly ack: number;
  readonly win: number;
  readonly length: number;
  /** Window scale option, undefined = none. */
  readonly scale?: number;
}

export interface TcpEnd {
  state: number;
  low: number;
  high: number;
  window: number;
  scale: number | "none" | "unknown";
}

export type TcpTimeout = "firstPacket" | "opening" | "established" | "closing" | "finWait" | "closed";
export type TcpVerdict =
  | { readonly kind: "valid" | "validNew"; readonly timeout?: TcpTimeout }
  | { readonly kind: "invalid" | "new" };

const CLOSED = 0;
const SYN_SENT = 2;
const ESTABLISHED = 4;
const CLOSING = 7;
const FIN_WAIT_2 = 9;
const TIME_WAIT = 10;
const SLACK = 65535 + 1500;

const u32 = (value: number): number => value >>> 0;
/** a - b as sequence numbers. */
const distance = (a: number, b: number): number => (a - b) | 0;
const shifted = (value: number, shift: number): number => u32(value << shift);

export function tcpFlagsAreSane(flags: string): boolean {
  const has = (letter: string) => flags.includes(letter);
  if (has("S") && (has("R") || has("F"))) return false;
  if (!has("S") && !has("A") && !has("R")) return false;
  return has("A") || !(has("F") || has("P") || has("U"));
}

export function tcpMayOpen({ flags }: TcpHeader): boolean {
  return tcpFlagsAreSane(flags) && !(flags.includes("S") && flags.includes("A"));
}

/** An end that has sent one segment and heard nothing yet. */
function firstOf(header: TcpHeader): TcpEnd {
  const syn = header.flags.includes("S");
  const extra = 1 + (syn ? 1 : 0) + (header.flags.includes("F") ? 1 : 0);
  const scale = syn ? (header.scale === undefined ? "none" : Math.min(header.scale, 14)) : "unknown";
  const window = Math.max(header.win, 1);
  return {
    state: SYN_SENT,
    low: u32(header.seq),
    high: u32(header.seq + header.length + extra),
    window: typeof scale === "number" ? Math.ceil(window / 2 ** scale) : window,
    scale,
  };
}

export function openTcp(header: TcpHeader): [TcpEnd, TcpEnd] {
  const scale = header.flags.includes("S") ? "none" : "unknown";
  return [firstOf(header), { state: CLOSED, low: 0, high: 1, window: 1, scale }];
}

export function tcpIsOver([a, b]: readonly [TcpEnd, TcpEnd]): boolean {
  return a.state >= FIN_WAIT_2 && b.state >= FIN_WAIT_2;
}

function timeoutFor(a: number, b: number): TcpTimeout {
  const [less, more] = a < b ? [a, b] : [b, a];
  if (less >= FIN_WAIT_2) return "closed";
  if (less >= CLOSING) return "finWait";
  if (less < ESTABLISHED) return "opening";
  return more >= CLOSING ? "closing" : "established";
}

/** Judges a segment that `source` sent to `target`, and changes both when it is good. */
export function updateTcp(source: TcpEnd, target: TcpEnd, header: TcpHeader, checked: boolean): TcpVerdict {
  const { flags } = header;
  if (!tcpFlagsAreSane(flags)) return { kind: "invalid" };
  const syn = flags.includes("S");
  const ackSet = flags.includes("A");
  const fin = flags.includes("F");
  const rst = flags.includes("R");

  if (syn && !ackSet) {
    const over = source.state >= FIN_WAIT_2 && target.state >= FIN_WAIT_2;
    const closing = source.state >= CLOSING && target.state >= CLOSING;
    if (over || (closing && distance(header.seq, source.low) > 0)) return { kind: "new" };
    if (source.state <= SYN_SENT) {
      Object.assign(source, firstOf(header));
      return { kind: "validNew", timeout: "firstPacket" };
    }
  }

  let sourceShift = 0;
  let targetShift = 0;
  if (!syn && typeof source.scale === "number" && typeof target.scale === "number") {
    sourceShift = source.scale;
    targetShift = target.scale;
  } else if (!syn && source.scale === "unknown" && target.scale === "unknown") {
    sourceShift = 14;
    targetShift = 14;
  }

  let window = header.win;
  let first = u32(header.seq);
  let end = u32(header.seq + header.length + (syn ? 1 : 0) + (fin ? 1 : 0));
  let skewCounts = true;
  // A segment that is judged invalid leaves the ends as the first-packet rules made them.
  if (source.state < SYN_SENT) {
    if (syn && typeof target.scale === "number") {
      if (header.scale === undefined) {
        target.window = Math.min(target.window * 2 ** target.scale, 65535);
        target.scale = "none";
        source.scale = "none";
      } else {
        source.scale = Math.min(header.scale, 14);
        sourceShift = source.scale;
        targetShift = target.scale;
        window = Math.ceil(window / 2 ** sourceShift);
      }
    }
    source.low = first;
    source.state = SYN_SENT;
    const high = u32(end + Math.max(shifted(target.window, targetShift), 1));
    if (source.high === 1 || distance(high, source.high) >= 0) {
      source.high = high;
      skewCounts = false;
    }
    source.window = Math.max(source.window, window);
  }

  const orderedFirst = first;
  let ack = u32(header.ack);
  if (!ackSet || (ack === 0 && rst)) ack = target.low;
  if (first === end) {
    first = source.low;
    end = source.low;
  }
  const skew = skewCounts ? distance(target.low, ack) : 0;
  const resetFits = !rst || [-1, 0, 1].includes(distance(orderedFirst, source.low));
  const fits =
    distance(source.high, end) >= 0 &&
    distance(first, u32(source.low - shifted(target.window, targetShift))) >= 0 &&
    skew >= -SLACK &&
    skew <= SLACK << sourceShift &&
    resetFits;

  const slide = (): void => {
    source.window = Math.max(source.window, window);
    if (distance(end, source.low) > 0) source.low = end;
    const reach = shifted(window, sourceShift);
    if (distance(u32(ack + reach), target.high) >= 0) target.high = u32(ack + Math.max(reach, 1));
  };
  const reset = (): void => {
    source.state = TIME_WAIT;
    target.state = TIME_WAIT;
  };

  if (fits || !checked) {
    slide();
    if (fin) source.state = Math.max(source.state, CLOSING);
    if (ackSet && target.state === SYN_SENT) target.state = ESTABLISHED;
    else if (ackSet && target.state === CLOSING) target.state = FIN_WAIT_2;
    if (rst) reset();
    return { kind: "valid", timeout: timeoutFor(source.state, target.state) };
  }
  const loose = target.state < SYN_SENT || target.state >= FIN_WAIT_2 || source.state >= FIN_WAIT_2;
  if (loose && distance(u32(source.high + SLACK), end) >= 0 && distance(first, u32(source.low - SLACK)) >= 0) {
    slide();
    if (fin) source.state = Math.max(source.state, CLOSING);
    if (rst) reset();
    return { kind: "valid" };
  }
  return { kind: "invalid" };
}
