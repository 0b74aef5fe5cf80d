/** Arbitrary datapath actions for property tests. */
import fc from "fast-check";
import { DROP_REASONS } from "../../assembly/layout/counter.ts";
import { KEY_NW_DST, KEY_NW_SRC, KEY_TP_SRC } from "../../assembly/layout/key.ts";
import { CT_HELPER_NONE } from "../../assembly/layout/program.ts";
import type { CtAction, DatapathAction, NatRange, SetTarget } from "../../src/fastpath/datapath-action.ts";
import { SET_LAYOUTS } from "../../src/fastpath/set-layout.ts";

const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const algorithm = fc.constantFrom("l4" as const, "sym_l4" as const);
const masked = (length: number) => fc.record({ value: bytes(length), mask: bytes(length) });

/** Without the members that are undefined: that is how a decoder gives them. */
function compact<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}

const addresses = fc
  .constantFrom(4, 16)
  .chain((length) => fc.record({ addressMin: bytes(length), addressMax: bytes(length) }));
const ports = fc.record({ portMin: u16, portMax: u16 });
const flag = fc.constantFrom(true as const, undefined);
const nat: fc.Arbitrary<NatRange> = fc
  .tuple(
    fc.record({
      type: fc.constantFrom("src" as const, "dst" as const, undefined),
      persistent: flag,
      hash: flag,
      random: flag,
    }),
    optional(addresses),
    optional(ports),
  )
  .map(([head, address, port]) => compact({ ...head, ...address, ...port }));

const ct: fc.Arbitrary<CtAction> = fc
  .record({
    type: fc.constant("ct" as const),
    commit: flag,
    force: flag,
    zone: u16,
    mark: optional(masked(4)),
    label: optional(masked(16)),
    nat: optional(nat),
    helper: fc.constantFrom("ftp" as const, "tftp" as const, undefined),
    timeoutPolicy: optional(fc.integer({ min: CT_HELPER_NONE + 1, max: 0xffff })),
  })
  .map(compact);

const set: fc.Arbitrary<DatapathAction> = fc
  .constantFrom(...(Object.keys(SET_LAYOUTS) as SetTarget[]))
  .chain((target) => masked(SET_LAYOUTS[target].bytes).map((value) => ({ type: "set" as const, target, ...value })));

const field = fc
  .constantFrom(
    { keyOffset: KEY_NW_SRC, length: 4 },
    { keyOffset: KEY_NW_DST, length: 4 },
    { keyOffset: KEY_TP_SRC, length: 2 },
  )
  .chain(({ keyOffset, length }) => bytes(length).map((mask) => ({ keyOffset, mask })));

const method = fc.oneof(
  fc.record({ kind: fc.constant("dp_hash" as const), basis: u32, algorithm }),
  fc.record({
    kind: fc.constant("fields" as const),
    param: fc.bigInt(0n, (1n << 64n) - 1n),
    fields: fc.array(field, { maxLength: 3 }),
  }),
);

export interface ActionOptions {
  /** Ports that outputs name. */
  readonly ports: readonly number[];
  /** Conntrack actions too. */
  readonly conntrack: boolean;
}

export function randomActions({ ports: outputs, conntrack }: ActionOptions): fc.Arbitrary<DatapathAction[]> {
  return fc.letrec<{ actions: DatapathAction[]; action: DatapathAction }>((tie) => ({
    actions: fc.array(tie("action"), { maxLength: 4, depthIdentifier: "nesting" }),
    action: fc.oneof(
      { maxDepth: 3, depthIdentifier: "nesting" },
      fc.record({ type: fc.constant("output" as const), port: fc.constantFrom(...outputs) }),
      set,
      conntrack ? ct : fc.constant({ type: "ct_clear" as const }),
      fc.record({
        type: fc.constant("userspace" as const),
        reason: fc.constantFrom("action" as const, "slow_path" as const),
        argument: u32,
        cookie: fc.bigInt(0n, (1n << 64n) - 1n),
      }),
      fc.record({
        type: fc.constant("push_vlan" as const),
        tpid: fc.constantFrom(0x8100, 0x88a8),
        tci: u16.map((tci) => tci | 0x1000),
      }),
      fc.constant({ type: "pop_vlan" as const }),
      fc.record({ type: fc.constant("push_mpls" as const), etherType: fc.constantFrom(0x8847, 0x8848), lse: u32 }),
      fc.record({ type: fc.constant("pop_mpls" as const), etherType: fc.constantFrom(0x0800, 0x86dd, 0x6558) }),
      fc.record({ type: fc.constant("push_eth" as const), destination: bytes(6), source: bytes(6) }),
      fc.constant({ type: "pop_eth" as const }),
      fc.record({
        type: fc.constant("add_mpls" as const),
        etherType: fc.constantFrom(0x8847, 0x8848),
        lse: u32,
        covers: fc.constantFrom("ethernet" as const, "network" as const),
      }),
      fc.constant({ type: "ct_clear" as const }),
      fc.record({ type: fc.constant("hash" as const), algorithm, basis: u32 }),
      fc.record({ type: fc.constant("recirc" as const), id: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ type: fc.constant("trunc" as const), length: fc.integer({ min: 14, max: 2000 }) }),
      fc.record({ type: fc.constant("meter" as const), index: fc.integer({ min: 0, max: 3 }) }),
      fc.record({
        type: fc.constant("tunnel_push" as const),
        port: u32,
        kind: fc.constantFrom(1, 2),
        header: bytes(50),
      }),
      fc.record({
        type: fc.constant("tunnel_pop" as const),
        port: fc.integer({ min: 1, max: 9 }),
        kind: fc.constantFrom(1, 2),
      }),
      fc.record({ type: fc.constant("drop" as const), reason: fc.integer({ min: 0, max: DROP_REASONS - 1 }) }),
      fc.record({ type: fc.constant("clone" as const), actions: tie("actions") }),
      fc.record({ type: fc.constant("sample" as const), probability: u32, actions: tie("actions") }),
      fc.record({
        type: fc.constant("check_pkt_len" as const),
        length: fc.integer({ min: 0, max: 2000 }),
        greater: tie("actions"),
        lessOrEqual: tie("actions"),
      }),
      fc.record({
        type: fc.constant("select" as const),
        method,
        buckets: fc.array(
          fc.record({
            id: u32,
            weight: fc.integer({ min: 0, max: 20 }),
            alive: fc.boolean(),
            actions: tie("actions"),
            counters: fc.constant(0),
          }),
          { maxLength: 4 },
        ),
      }),
    ),
  })).actions;
}
