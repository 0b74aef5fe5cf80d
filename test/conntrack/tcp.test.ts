/** TCP as a table: what is sent, by whom, and what the tracker says. */
import { beforeEach, describe, expect, it } from "vitest";
import { type Segment, tcp } from "./text.ts";
import { type Ct, Tracker } from "./tracker.ts";

const CLIENT = "10.0.0.1:1000";
const SERVER = "10.0.0.2:80";

/** ">" from the client, "<" from the server; "wait" in seconds. */
type Line =
  | readonly [way: ">" | "<", flags: string, segment: Segment, expected: string]
  | readonly [way: "wait", seconds: number];

const NEW = "+new+trk";
const EST = "+est+trk";
const REPLY = "+est+rpl+trk";
const INVALID = "+inv+trk";

const OPEN: readonly Line[] = [
  [">", "S", { seq: 100 }, NEW],
  ["<", "SA", { seq: 500, ack: 101 }, REPLY],
  [">", "A", { seq: 101, ack: 501 }, EST],
];
const CLOSE: readonly Line[] = [
  [">", "FA", { seq: 101, ack: 501 }, EST],
  ["<", "FA", { seq: 501, ack: 102 }, REPLY],
  [">", "A", { seq: 102, ack: 502 }, EST],
];

const SCENARIOS: readonly { name: string; lines: readonly Line[]; ends?: string; unchecked?: true }[] = [
  { name: "a handshake", lines: OPEN, ends: "ESTABLISHED/ESTABLISHED" },
  {
    name: "a handshake whose SYN was sent twice",
    lines: [[">", "S", { seq: 100 }, NEW], ...OPEN],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "a simultaneous open (RFC 9293 figure 7)",
    lines: [
      [">", "S", { seq: 100 }, NEW],
      ["<", "S", { seq: 300 }, NEW],
      ["<", "SA", { seq: 300, ack: 101 }, REPLY],
      [">", "SA", { seq: 100, ack: 301 }, EST],
    ],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "a refused connection",
    lines: [
      [">", "S", { seq: 100 }, NEW],
      ["<", "RA", { seq: 0, ack: 101 }, REPLY],
    ],
    ends: "TIME_WAIT/TIME_WAIT",
  },
  { name: "an orderly close", lines: [...OPEN, ...CLOSE], ends: "FIN_WAIT_2/FIN_WAIT_2" },
  {
    name: "a half-closed connection that carries data the other way",
    lines: [
      ...OPEN,
      [">", "FA", { seq: 101, ack: 501 }, EST],
      ["<", "A", { seq: 501, ack: 102 }, REPLY],
      ["<", "PA", { seq: 501, ack: 102, data: 500 }, REPLY],
      [">", "A", { seq: 102, ack: 1001 }, EST],
    ],
    ends: "FIN_WAIT_2/ESTABLISHED",
  },
  {
    name: "retransmitted data",
    lines: [
      ...OPEN,
      [">", "PA", { seq: 101, ack: 501, data: 100 }, EST],
      [">", "PA", { seq: 101, ack: 501, data: 100 }, EST],
    ],
  },
  {
    name: "data far beyond the window",
    lines: [...OPEN, [">", "PA", { seq: 200_000, ack: 501, data: 10 }, INVALID]],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "data beyond the window when nobody checks",
    unchecked: true,
    lines: [...OPEN, [">", "PA", { seq: 200_000, ack: 501, data: 10 }, EST]],
  },
  {
    name: "a window that scaling has made larger",
    lines: [
      [">", "S", { seq: 100, win: 1000, scale: 7 }, NEW],
      ["<", "SA", { seq: 500, ack: 101, win: 1000, scale: 7 }, REPLY],
      [">", "A", { seq: 101, ack: 501, win: 1000 }, EST],
      [">", "PA", { seq: 60_000, ack: 501, win: 1000, data: 100 }, INVALID],
      ["<", "A", { seq: 501, ack: 101, win: 1000 }, REPLY],
      [">", "PA", { seq: 60_000, ack: 501, win: 1000, data: 100 }, EST],
    ],
  },
  {
    name: "scaling that only one end offers",
    lines: [
      [">", "S", { seq: 100, win: 64_000, scale: 7 }, NEW],
      ["<", "SA", { seq: 500, ack: 101, win: 1000 }, REPLY],
      [">", "A", { seq: 101, ack: 501, win: 1000 }, EST],
      ["<", "PA", { seq: 501, ack: 101, data: 1000 }, REPLY],
      ["<", "PA", { seq: 100_000, ack: 101, data: 1000 }, INVALID],
    ],
  },
  {
    name: "a reset with the wrong sequence number",
    lines: [...OPEN, ["<", "RA", { seq: 700, ack: 101 }, INVALID]],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "a reset in its place",
    lines: [...OPEN, ["<", "RA", { seq: 501, ack: 101 }, REPLY]],
    ends: "TIME_WAIT/TIME_WAIT",
  },
  {
    name: "flags that make no sense",
    lines: [
      ...OPEN,
      [">", "SF", { seq: 101 }, INVALID],
      [">", "SR", { seq: 101 }, INVALID],
      [">", "F", { seq: 101 }, INVALID],
      [">", "", { seq: 101 }, INVALID],
    ],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  { name: "the second step of a handshake without the first", lines: [["<", "SA", { seq: 500, ack: 101 }, INVALID]] },
  {
    name: "a connection met in mid-stream",
    lines: [
      [">", "PA", { seq: 5000, ack: 9000, data: 100 }, NEW],
      ["<", "A", { seq: 9000, ack: 5100 }, REPLY],
      [">", "PA", { seq: 5100, ack: 9000, data: 100 }, EST],
    ],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "a client that comes back to its port after a close",
    lines: [...OPEN, ...CLOSE, [">", "A", { seq: 102, ack: 502 }, EST], [">", "S", { seq: 90_000_000 }, NEW]],
    ends: "SYN_SENT/CLOSED",
  },
  {
    name: "a client that comes back to its port when the last acknowledgement was not seen",
    lines: [
      ...OPEN,
      [">", "FA", { seq: 101, ack: 501 }, EST],
      ["<", "FA", { seq: 501, ack: 102 }, REPLY],
      [">", "S", { seq: 90_000_000 }, NEW],
    ],
    ends: "SYN_SENT/CLOSED",
  },
  {
    name: "an old SYN that was delayed past the FINs, and starts nothing",
    lines: [
      ...OPEN,
      [">", "FA", { seq: 101, ack: 501 }, EST],
      ["<", "FA", { seq: 501, ack: 102 }, REPLY],
      [">", "S", { seq: 100 }, EST],
    ],
    ends: "FIN_WAIT_2/CLOSING",
  },
  {
    name: "a second attempt with another sequence number from the same port",
    lines: [[">", "S", { seq: 4_000_000_000 }, NEW], ...OPEN],
    ends: "ESTABLISHED/ESTABLISHED",
  },
  {
    name: "a client that comes back after a reset",
    lines: [...OPEN, ["<", "RA", { seq: 501, ack: 101 }, REPLY], [">", "S", { seq: 7 }, NEW]],
    ends: "SYN_SENT/CLOSED",
  },
  {
    name: "a handshake that nobody finishes is forgotten after 30 seconds",
    lines: [
      [">", "S", { seq: 100 }, NEW],
      ["wait", 30],
      ["<", "SA", { seq: 500, ack: 101 }, INVALID],
    ],
  },
  {
    name: "an established connection idles for a day",
    lines: [...OPEN, ["wait", 86_399], [">", "A", { seq: 101, ack: 501 }, EST]],
  },
];

describe("TCP", () => {
  const tracker = new Tracker();
  const commit: Ct = { commit: true };

  beforeEach(() => {
    tracker.flushAll();
    tracker.conntrack.setTcpSequenceChecking(true);
  });

  function play(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line[0] === "wait") {
        tracker.advance(line[1] * 1000);
        continue;
      }
      const [way, flags, segment, expected] = line;
      const frame = way === ">" ? tcp(CLIENT, SERVER, flags, segment) : tcp(SERVER, CLIENT, flags, segment);
      expect(tracker.state(frame, commit), `${way} ${flags} ${JSON.stringify(segment)}`).toBe(expected);
    }
  }

  it.each(SCENARIOS)("follows $name", ({ lines, ends, unchecked }) => {
    if (unchecked) tracker.conntrack.setTcpSequenceChecking(false);
    play(lines);
    if (ends === undefined) return;
    const states = [...tracker.conntrack.connections()].map(({ tcp }) => `${tcp?.stateOriginal}/${tcp?.stateReply}`);
    expect(states).toEqual([ends]);
  });

  it("sees a wrong checksum as invalid, unless offload metadata vouches for it", () => {
    const frame = tcp(CLIENT, SERVER, "S");
    frame[50] ^= 1;
    expect(tracker.state(frame)).toBe(INVALID);
    const vouched = tracker.trackAll(frame, [{}], { offload: { flags: 2 } });
    expect(vouched[0].state).toBe(NEW);
  });

  it("takes a 64 KB super-packet as one segment", () => {
    play(OPEN);
    const frame = tcp(CLIENT, SERVER, "PA", { seq: 101, ack: 501, data: 900 });
    const outcome = tracker.trackAll(frame, [{}], {
      head: 54,
      offload: { flags: 1, gsoType: 1, gsoSize: 100, checksumStart: 34, checksumOffset: 16 },
    });
    expect(outcome[0].state).toBe(EST);
    expect(tracker.state(tcp(SERVER, CLIENT, "A", { seq: 501, ack: 1001 }))).toBe(REPLY);
  });

  it("serves a client that comes round to its ports again and again, and remaps none", () => {
    const ports = 500;
    for (let number = 0; number < 40 * ports; number++) {
      const client = `10.0.0.1:${1024 + (number % ports)}`;
      const server = `10.0.0.${2 + (number % 3)}:8000`;
      const seq = number * 1000;
      const nat = `dst=${server}`;
      const opened = tracker.track(tcp(client, "10.9.9.9:80", "S", { seq }), { nat: "" }, { commit: true, nat });
      const sourcePort = opened && (opened.frame[34] << 8) | opened.frame[35];
      if (opened?.state !== "+new+trk+dnat" || sourcePort !== 1024 + (number % ports)) {
        throw new Error(`connection ${number}: ${opened?.state} from port ${sourcePort}`);
      }
      tracker.track(tcp(server, client, "RA", { seq: 1, ack: seq + 1 }), { nat: "" });
    }
    expect(tracker.conntrack.count()).toBe(ports);
  });
});
