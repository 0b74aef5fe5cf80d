/**
 * Model of the connection tracker: objects in a list, no bytes, no hashes, no wheel. What it says is what
 * assembly/conntrack must do.
 *
 * Not modelled: fragments, helpers, SCTP's states, IPv6 (the fast path's code is the same but for the address's length).
 */
import { openTcp, type TcpEnd, type TcpHeader, tcpIsOver, tcpMayOpen, updateTcp } from "./conntrack-tcp.ts";

export interface ModelEnd {
  readonly address: string;
  readonly port: number;
}

export interface ModelTuple {
  readonly protocol: number;
  readonly source: ModelEnd;
  readonly destination: ModelEnd;
  /** ICMP: identifier and whether the source asks. */
  readonly icmp?: { readonly id: number; readonly asks: boolean };
}

export interface ModelPacket {
  readonly tuple: ModelTuple;
  readonly tcp?: TcpHeader;
  /** An ICMP error from `tuple.source` to `tuple.destination` about a packet with this tuple. */
  readonly quoted?: ModelTuple;
}

export interface ModelAction {
  readonly zone: number;
  readonly commit?: boolean;
  readonly force?: boolean;
  readonly mark?: readonly [value: number, mask: number];
  readonly nat?: ModelNat;
}

/** Without `side`: translate only what is translated already. */
export interface ModelNat {
  readonly side?: "src" | "dst";
  readonly address?: string;
  readonly ports?: readonly [number, number];
}

export interface ModelConnection {
  readonly zone: number;
  readonly original: ModelTuple;
  readonly reply: ModelTuple;
  readonly side?: "src" | "dst";
  mark: number;
  expires: number;
  /** UDP and others: packets seen as 0 first, 1 more, 2 both ways. ICMP: 0, 2. */
  phase: number;
  ends?: [TcpEnd, TcpEnd];
}

/** A packet on its way through tables: what earlier actions left. */
export interface ModelPass {
  tuple: ModelTuple;
  quoted: ModelTuple | undefined;
  state: ReadonlySet<string>;
  zone: number;
  mark: number;
  origin: ModelTuple | undefined;
  connection: ModelConnection | undefined;
}

/** Seconds. */
const TIMEOUTS = {
  firstPacket: 30,
  opening: 30,
  established: 86400,
  closing: 900,
  finWait: 45,
  closed: 30,
  otherFirst: 60,
  otherMultiple: 60,
  otherBoth: 30,
  icmpFirst: 60,
  icmpReply: 30,
} as const;

const TCP = 6;
const UDP = 17;
const ICMP = 1;

const sameEnd = (a: ModelEnd, b: ModelEnd): boolean => a.address === b.address && a.port === b.port;

function sameTuple(a: ModelTuple, b: ModelTuple): boolean {
  return (
    a.protocol === b.protocol &&
    sameEnd(a.source, b.source) &&
    sameEnd(a.destination, b.destination) &&
    a.icmp?.id === b.icmp?.id &&
    a.icmp?.asks === b.icmp?.asks
  );
}

export function reversed(tuple: ModelTuple): ModelTuple {
  return {
    protocol: tuple.protocol,
    source: tuple.destination,
    destination: tuple.source,
    ...(tuple.icmp === undefined ? {} : { icmp: { id: tuple.icmp.id, asks: !tuple.icmp.asks } }),
  };
}

export class ConntrackModel {
  now = 0;
  limit = Number.POSITIVE_INFINITY;
  checksSequence = true;
  readonly zoneLimits = new Map<number, number>();
  /** Youngest first: that is who is found when two would fit. */
  connections: ModelConnection[] = [];

  /** What is live at this moment. */
  live(): ModelConnection[] {
    this.connections = this.connections.filter((connection) => connection.expires > this.now);
    return this.connections;
  }

  start(packet: ModelPacket): ModelPass {
    return {
      tuple: packet.tuple,
      quoted: packet.quoted,
      state: new Set(),
      zone: 0,
      mark: 0,
      origin: undefined,
      connection: undefined,
    };
  }

  /**
   * One ct action. `portChosen` answers for a port range: which one of the free ones the tracker under test took.
   * @returns false when the packet is dropped
   */
  pass(
    packet: ModelPacket,
    way: ModelPass,
    action: ModelAction,
    portChosen: (free: readonly number[]) => number | undefined,
  ): boolean {
    const { zone } = action;
    const state = new Set(way.zone === zone ? way.state : []);
    const related = way.quoted !== undefined;
    const tuple = related ? reversed(way.quoted!) : way.tuple;
    const usable = this.#isTrackable(packet, way);
    if (!usable) {
      Object.assign(way, { state: new Set(["inv", "trk"]), zone, mark: 0, origin: undefined, connection: undefined });
      return true;
    }
    const remembered = !action.force && !related && way.zone === zone ? this.#remembered(way, state) : undefined;
    if (remembered !== undefined) {
      if (action.nat !== undefined && !isTranslated(state)) this.#translate(way, remembered, state);
      this.#mark(remembered.connection, action);
      Object.assign(way, { state, mark: remembered.connection.mark });
      return true;
    }

    let found = isTranslated(state) ? this.#find(zone, reversed(tuple)) : this.#find(zone, tuple);
    if (found !== undefined && isTranslated(state)) found = { ...found, reply: !found.reply };
    if (found?.reply && action.force) {
      this.#remove(found.connection);
      found = undefined;
    }

    let create = false;
    let key = tuple;
    let verdict: Set<string> = state;
    if (found !== undefined) {
      if (related) {
        verdict.add("rel");
        if (found.reply) verdict.add("rpl");
      } else {
        const opinion = this.#update(packet, found.connection, found.reply);
        if (opinion === "new") {
          create = true;
          key = found.reply ? found.connection.reply : found.connection.original;
          this.#remove(found.connection);
          found = undefined;
        } else if (opinion === "invalid") {
          verdict = new Set(["inv"]);
        } else if (opinion === "valid") {
          verdict.delete("new");
          verdict.add("est");
          if (found.reply) verdict.add("rpl");
        } else {
          verdict.add("new");
        }
      }
      if (found !== undefined && action.nat !== undefined && !isTranslated(verdict))
        this.#translate(way, found, verdict);
    } else if (related) {
      verdict = new Set(["inv"]);
    } else {
      create = !isTranslated(state) || this.#find(zone, tuple) === undefined;
    }

    let connection = found?.connection;
    if (create) {
      if (!this.#mayOpen(packet)) {
        verdict = new Set(["inv"]);
      } else {
        verdict = new Set(["new"]);
        if (action.commit || action.force) {
          connection = this.#create(packet, key, action, portChosen);
          if (connection === undefined) return false;
          if (action.nat !== undefined) this.#translate(way, { connection, reply: false }, verdict);
        }
      }
    }
    verdict.add("trk");
    if (connection !== undefined) this.#mark(connection, action);
    Object.assign(way, {
      state: verdict,
      zone,
      mark: connection?.mark ?? 0,
      origin: connection?.original ?? key,
      connection,
    });
    return true;
  }

  #isTrackable(packet: ModelPacket, way: ModelPass): boolean {
    const { protocol, source, destination } = way.tuple;
    if (way.quoted !== undefined) return way.quoted.source.address === destination.address;
    if (protocol === TCP || protocol === UDP) return source.port !== 0 && destination.port !== 0;
    return protocol !== ICMP || packet.tuple.icmp !== undefined;
  }

  #find(zone: number, tuple: ModelTuple): { connection: ModelConnection; reply: boolean } | undefined {
    for (const connection of this.live()) {
      if (connection.zone !== zone) continue;
      if (sameTuple(connection.original, tuple)) return { connection, reply: false };
      if (sameTuple(connection.reply, tuple)) return { connection, reply: true };
    }
    return undefined;
  }

  #remembered(way: ModelPass, state: ReadonlySet<string>) {
    const { connection, tuple } = way;
    if (connection === undefined || !state.has("trk") || state.has("inv")) return undefined;
    if (!this.live().includes(connection)) return undefined;
    if (sameTuple(connection.original, tuple)) return { connection, reply: false };
    if (sameTuple(connection.reply, tuple)) return { connection, reply: true };
    if (sameTuple(connection.original, reversed(tuple))) return { connection, reply: true };
    if (sameTuple(connection.reply, reversed(tuple))) return { connection, reply: false };
    return undefined;
  }

  #remove(connection: ModelConnection): void {
    this.connections = this.connections.filter((other) => other !== connection);
  }

  #mark(connection: ModelConnection, action: ModelAction): void {
    if (action.mark === undefined) return;
    const [value, mask] = action.mark;
    connection.mark = ((value & mask) | (connection.mark & ~mask)) >>> 0;
  }

  #extend(connection: ModelConnection, timeout: keyof typeof TIMEOUTS): void {
    connection.expires = this.now + TIMEOUTS[timeout] * 1000;
  }

  #update(packet: ModelPacket, connection: ModelConnection, reply: boolean): "valid" | "validNew" | "invalid" | "new" {
    if (connection.ends !== undefined) {
      const [a, b] = connection.ends;
      const verdict = updateTcp(reply ? b : a, reply ? a : b, packet.tcp!, this.checksSequence);
      if ("timeout" in verdict && verdict.timeout !== undefined) this.#extend(connection, verdict.timeout);
      return verdict.kind;
    }
    if (connection.original.protocol === ICMP) {
      if (reply) connection.phase = 2;
      this.#extend(connection, connection.phase === 0 ? "icmpFirst" : "icmpReply");
      return connection.phase === 0 ? "validNew" : "valid";
    }
    connection.phase = reply ? 2 : Math.max(connection.phase, 1);
    this.#extend(connection, connection.phase === 2 ? "otherBoth" : "otherMultiple");
    return connection.phase === 2 ? "valid" : "validNew";
  }

  #mayOpen(packet: ModelPacket): boolean {
    if (packet.tcp !== undefined) return tcpMayOpen(packet.tcp);
    return packet.tuple.protocol !== ICMP || packet.tuple.icmp?.asks === true;
  }

  #create(
    packet: ModelPacket,
    original: ModelTuple,
    action: ModelAction,
    portChosen: (free: readonly number[]) => number | undefined,
  ): ModelConnection | undefined {
    const live = this.live();
    const zoneLimit = this.zoneLimits.get(action.zone) ?? Number.POSITIVE_INFINITY;
    if (live.length >= this.limit) return undefined;
    if (live.filter((other) => other.zone === action.zone).length >= zoneLimit) return undefined;
    const reply = this.#chooseReply(original, action, portChosen);
    if (reply === undefined) return undefined;
    const connection: ModelConnection = {
      zone: action.zone,
      original,
      reply,
      side: action.nat?.side,
      mark: 0,
      expires: 0,
      phase: 0,
      ends: packet.tcp === undefined ? undefined : openTcp(packet.tcp),
    };
    const { protocol } = original;
    this.#extend(connection, protocol === TCP ? "firstPacket" : protocol === ICMP ? "icmpFirst" : "otherFirst");
    this.connections.unshift(connection);
    return connection;
  }

  /** True when nobody has the tuple; a connection that is over is made to give it up. */
  #isFree(zone: number, tuple: ModelTuple): boolean {
    const found = this.#find(zone, tuple);
    if (found === undefined) return true;
    if (found.connection.ends === undefined || !tcpIsOver(found.connection.ends)) return false;
    this.#remove(found.connection);
    return true;
  }

  #chooseReply(
    original: ModelTuple,
    { zone, nat }: ModelAction,
    portChosen: (free: readonly number[]) => number | undefined,
  ): ModelTuple | undefined {
    const plain = reversed(original);
    if (nat?.side === undefined) return plain;
    const withAddress = (end: ModelEnd): ModelEnd => ({ ...end, address: nat.address ?? end.address });
    const client = nat.side === "src" ? withAddress(plain.destination) : plain.destination;
    const server = nat.side === "dst" ? withAddress(plain.source) : plain.source;
    const base = { ...plain, source: server, destination: client };
    const hasPorts = original.protocol === TCP || original.protocol === UDP;
    if (!hasPorts) return this.#isFree(zone, base) ? base : undefined;

    if (nat.ports !== undefined) {
      const [lowest, highest] = nat.ports;
      const ranged: ModelTuple[] = [];
      for (let port = lowest; port <= highest; port++) {
        ranged.push(
          nat.side === "src" ? { ...base, destination: { ...client, port } } : { ...base, source: { ...server, port } },
        );
      }
      const free = ranged.filter((tuple) => {
        const found = this.#find(zone, tuple);
        return found === undefined || (found.connection.ends !== undefined && tcpIsOver(found.connection.ends));
      });
      const portOf = (tuple: ModelTuple) => (nat.side === "src" ? tuple.destination.port : tuple.source.port);
      const chosen = portChosen(free.map(portOf));
      const taken = free.find((tuple) => portOf(tuple) === chosen);
      if (taken !== undefined) {
        this.#isFree(zone, taken);
        return taken;
      }
      if (nat.side === "src" || lowest !== highest) return undefined;
      base.source = { ...server, port: lowest };
    }
    const own = client.port;
    const [lowest, highest] = own < 512 ? [1, 511] : own < 1024 ? [600, 1023] : [1024, 65535];
    let port = own;
    for (let tried = 0; tried < 128; tried++) {
      const tuple = { ...base, destination: { ...client, port } };
      if (this.#isFree(zone, tuple)) return tuple;
      port = port < lowest || port >= highest ? lowest : port + 1;
    }
    return undefined;
  }

  #translate(way: ModelPass, found: { connection: ModelConnection; reply: boolean }, state: Set<string>): void {
    const { connection, reply } = found;
    if (connection.side === undefined) return;
    const source = (connection.side === "src") !== reply;
    state.add(source ? "snat" : "dnat");
    const other = reply ? connection.original : connection.reply;
    if (way.quoted !== undefined) {
      way.tuple = source
        ? { ...way.tuple, source: { ...way.tuple.source, address: other.destination.address } }
        : { ...way.tuple, destination: { ...way.tuple.destination, address: other.source.address } };
      way.quoted = other;
      return;
    }
    way.tuple = reversed(other);
  }
}

function isTranslated(state: ReadonlySet<string>): boolean {
  return state.has("snat") || state.has("dnat");
}
