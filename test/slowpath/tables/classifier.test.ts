import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { field } from "../../../src/slowpath/flow/fields.ts";
import { copyFlow, createFlow, getNumber, setNumber, setSubfieldNumber } from "../../../src/slowpath/flow/flow.ts";
import { matches, sameMatch } from "../../../src/slowpath/flow/match.ts";
import { parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { Classifier } from "../../../src/slowpath/tables/classifier.ts";
import type { Rule } from "../../../src/slowpath/tables/rule.ts";

type Conjunctions = Rule["conjunctions"];

function rule(match: string, priority: number, conjunctions?: Conjunctions): Rule {
  return {
    table: 0,
    priority,
    match: parseMatch(match),
    cookie: 0n,
    actions: [],
    idleTimeout: 0,
    hardTimeout: 0,
    importance: 0,
    flags: {
      sendFlowRem: false,
      checkOverlap: false,
      resetCounts: false,
      noPacketCounts: false,
      noByteCounts: false,
      hidden: false,
      readonlyTable: false,
    },
    created: 0,
    modified: 0,
    statistics: { packets: 0n, bytes: 0n, used: 0 },
    conjunctions,
  };
}

/** The flow of a packet, written as a match that names all that is not zero. */
const flowOf = (text: string): Uint8Array => parseMatch(text).value;

const lengthArbitrary = fc.constantFrom(0, 8, 16, 24, 29, 32);
const addressArbitrary = fc.constantFrom("10.0.0.1", "10.0.0.9", "10.0.1.1", "10.1.0.1", "11.0.0.1", "138.0.0.1");
const portArbitrary = fc.constantFrom(80, 81, 443, 8000, 40000);
const bitsArbitrary = fc.constantFrom(0, 1, 2, 3);

/** Parts of a match; few values, so that rules and packets meet. */
const matchArbitrary = fc
  .record(
    {
      source: fc.tuple(addressArbitrary, lengthArbitrary).map(([a, n]) => `nw_src=${a}/${n}`),
      destination: fc.tuple(addressArbitrary, lengthArbitrary).map(([a, n]) => `nw_dst=${a}/${n}`),
      sourcePort: portArbitrary.map((port) => `tp_src=${port}`),
      destinationPort: fc
        .tuple(portArbitrary, fc.constantFrom("", "/0xff00", "/0x00ff"))
        .map(([port, mask]) => `tp_dst=${port}${mask}`),
      register: fc.tuple(bitsArbitrary, fc.constantFrom(1, 3)).map(([v, m]) => `reg0=${v & m}/${m}`),
      metadata: fc.constantFrom("metadata=1", "metadata=2"),
      port: fc.constantFrom("in_port=1", "in_port=2"),
      state: fc.constantFrom("ct_state=+trk+new", "ct_state=+trk-new", "ct_state=-trk"),
      mac: fc.constantFrom("dl_dst=00:00:00:00:00:01", "dl_dst=01:00:00:00:00:00/01:00:00:00:00:00"),
      ttl: fc.constantFrom("nw_ttl=1", "nw_ttl=64"),
    },
    { requiredKeys: [] },
  )
  .map((parts) => ["tcp", ...Object.values(parts)].join(","));

const flowArbitrary = fc
  .record({
    source: addressArbitrary,
    destination: addressArbitrary,
    sourcePort: portArbitrary,
    destinationPort: portArbitrary,
    register: bitsArbitrary,
    metadata: fc.constantFrom(1, 2),
    port: fc.constantFrom(1, 2),
    state: fc.constantFrom("new|trk", "est|trk", "0"),
    mac: fc.constantFrom("00:00:00:00:00:01", "01:00:5e:00:00:01", "00:00:00:00:00:02"),
    ttl: fc.constantFrom(1, 64),
  })
  .map((p) =>
    flowOf(
      `tcp,nw_src=${p.source},nw_dst=${p.destination},tp_src=${p.sourcePort},tp_dst=${p.destinationPort},reg0=${p.register},` +
        `metadata=${p.metadata},in_port=${p.port},ct_state=${p.state},dl_dst=${p.mac},nw_ttl=${p.ttl}`,
    ),
  );

/** Unique priorities: ties are anyone's. */
const rulesArbitrary = fc
  .uniqueArray(fc.tuple(matchArbitrary, fc.integer({ min: 0, max: 65535 })), {
    minLength: 1,
    maxLength: 40,
    selector: ([, priority]) => priority,
  })
  .map((list) => list.map(([match, priority]) => rule(match, priority)));

/** Many rules of few masks: these are looked up by hash and stage, not one by one. */
const shapes: readonly ((a: string, b: string, p: number, q: number) => string)[] = [
  (a) => `ip,nw_src=${a}`,
  (a, _b, p) => `tcp,nw_dst=${a},tp_dst=${p}`,
  (_a, _b, p, q) => `tcp,tp_src=${p},tp_dst=${q}`,
  (a, b, p) => `tcp,metadata=${p & 3},nw_src=${a},nw_dst=${b}/24`,
  (a, _b, p) => `ip,in_port=${p & 3},dl_dst=00:00:00:00:00:0${p & 7},nw_dst=${a}/28`,
  (_a, b, p) => `ip,reg0=${p & 3},nw_src=${b}/16`,
];
const nearAddress = fc
  .tuple(fc.constantFrom(0, 1, 128), fc.constantFrom(0, 1, 7, 8, 9, 64, 200))
  .map(([c, d]) => `10.0.${c}.${d}`);
const nearPort = fc.constantFrom(0, 1, 2, 3, 80, 81, 443, 8000, 8001, 40000, 65535);
const crowdedArbitrary = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...shapes), nearAddress, nearAddress, nearPort, nearPort, fc.nat(65535)), {
    minLength: 30,
    maxLength: 120,
    selector: ([, , , , , priority]) => priority,
  })
  .map((list) => list.map(([shape, a, b, p, q, priority]) => rule(shape(a, b, p, q), priority)));
const nearFlow = fc
  .record({ a: nearAddress, b: nearAddress, p: nearPort, q: nearPort, small: fc.nat(7) })
  .map(({ a, b, p, q, small }) =>
    flowOf(
      `tcp,nw_src=${a},nw_dst=${b},tp_src=${p},tp_dst=${q},metadata=${small & 3},in_port=${small & 3},reg0=${small & 3},` +
        `dl_dst=00:00:00:00:00:0${small}`,
    ),
  );

function winner(rules: readonly Rule[], flow: Uint8Array): Rule | undefined {
  return rules
    .filter((candidate) => matches(candidate.match, flow))
    .reduce<Rule | undefined>((best, next) => (best && best.priority > next.priority ? best : next), undefined);
}

function classifierOf(rules: readonly Rule[]): Classifier {
  const classifier = new Classifier();
  for (const each of rules) classifier.insert(each);
  return classifier;
}

/** Another flow with the bits of `flow` where the wildcards have ones and those of `other` elsewhere. */
function blend(flow: Uint8Array, other: Uint8Array, wildcards: Uint8Array): Uint8Array {
  return flow.map((byte, i) => (byte & wildcards[i]) | (other[i] & ~wildcards[i]));
}

describe("classifier", () => {
  it("finds the rule that a linear search finds, with and without wildcards", () => {
    fc.assert(
      fc.property(rulesArbitrary, fc.array(flowArbitrary, { minLength: 1, maxLength: 10 }), (rules, flows) => {
        const classifier = classifierOf(rules);
        for (const flow of flows) {
          const expected = winner(rules, flow);
          expect(classifier.lookup(flow, null)).toBe(expected);
          expect(classifier.lookup(flow, createFlow())).toBe(expected);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("finds the same rule for every flow that agrees on the wildcards", () => {
    const noise = fc.uint8Array({ minLength: createFlow().length, maxLength: createFlow().length });
    fc.assert(
      fc.property(
        rulesArbitrary,
        flowArbitrary,
        fc.array(flowArbitrary, { minLength: 4, maxLength: 8 }),
        noise,
        (rules, flow, others, random) => {
          const classifier = classifierOf(rules);
          const wildcards = createFlow();
          const found = classifier.lookup(flow, wildcards);
          for (const other of [...others, random]) {
            expect(winner(rules, blend(flow, other, wildcards))).toBe(found);
          }
        },
      ),
      { numRuns: 500 },
    );
  });

  it("keeps both properties in tables with many rules of the same mask", () => {
    fc.assert(
      fc.property(
        crowdedArbitrary,
        fc.array(nearFlow, { minLength: 1, maxLength: 4 }),
        fc.array(nearFlow, { minLength: 10, maxLength: 20 }),
        (rules, flows, others) => {
          const classifier = classifierOf(rules);
          for (const flow of flows) {
            const wildcards = createFlow();
            const found = classifier.lookup(flow, wildcards);
            expect(found).toBe(winner(rules, flow));
            for (const other of others) expect(winner(rules, blend(flow, other, wildcards))).toBe(found);
          }
        },
      ),
      { numRuns: 200 },
    );
  });

  it("keeps both properties while rules come and go", () => {
    fc.assert(
      fc.property(
        fc.oneof(rulesArbitrary, crowdedArbitrary),
        fc.infiniteStream(fc.nat()),
        fc.oneof(flowArbitrary, nearFlow),
        fc.oneof(flowArbitrary, nearFlow),
        (rules, picks, flow, other) => {
          const classifier = classifierOf(rules);
          const left = [...rules];
          for (const pick of picks) {
            if (left.length === 0) break;
            const [gone] = left.splice(pick % left.length, 1);
            classifier.remove(gone);
            const wildcards = createFlow();
            expect(classifier.lookup(flow, wildcards)).toBe(winner(left, flow));
            expect(winner(left, blend(flow, other, wildcards))).toBe(winner(left, flow));
          }
          expect(classifier.size).toBe(0);
          expect([...classifier.rules()]).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it("needs only the bits of an address that tell it from the rules' prefixes", () => {
    const classifier = classifierOf(
      ["2.1.1.1", "2.1.1.255", "224.0.0.0/4", "127.0.0.0/8", "0.0.0.0/8", "255.255.255.255"].map((address, i) =>
        rule(`metadata=1,ip,nw_src=${address}`, 100 + i),
      ),
    );
    const flow = flowOf("metadata=1,ip,nw_src=2.1.1.10,nw_dst=1.1.1.50");
    const wildcards = createFlow();
    expect(classifier.lookup(flow, wildcards)).toBeUndefined();
    expect(getNumber(wildcards, field("ip_src")).toString(16)).toBe("fffffff8");
    expect(getNumber(wildcards, field("ip_dst"))).toBe(0);
  });

  it("needs no bit of the packet when registers rule a table out", () => {
    const classifier = classifierOf(
      Array.from({ length: 20 }, (_, i) => rule(`metadata=${i},ip,nw_dst=10.0.0.${i},tcp,tp_dst=80`, 10)),
    );
    const wildcards = createFlow();
    expect(classifier.lookup(flowOf("metadata=77,tcp,nw_dst=10.0.0.1,tp_dst=80"), wildcards)).toBeUndefined();
    expect(getNumber(wildcards, field("eth_type"))).toBe(0);
    expect(getNumber(wildcards, field("ip_dst"))).toBe(0);
    expect(getNumber(wildcards, field("tcp_dst"))).toBe(0);
  });

  it("does not look at subtables that cannot win", () => {
    const classifier = classifierOf([rule("in_port=1", 100), rule("tcp,tp_dst=80", 50)]);
    const wildcards = createFlow();
    expect(classifier.lookup(flowOf("in_port=1,tcp,tp_dst=81"), wildcards)?.priority).toBe(100);
    expect(getNumber(wildcards, field("tcp_dst"))).toBe(0);
  });

  it("finds rules by their exact match and priority", () => {
    const rules = [rule("tcp", 1), rule("tcp", 2), rule("udp", 1)];
    const classifier = classifierOf(rules);
    expect(classifier.exactly(parseMatch("tcp"), 2)).toBe(rules[1]);
    expect(classifier.exactly(parseMatch("udp"), 2)).toBeUndefined();
    expect(classifier.exactly(parseMatch("ip"), 1)).toBeUndefined();
  });

  it("lists the rules inside a wider match", () => {
    const rules = [rule("tcp,tp_dst=80", 1), rule("udp,tp_dst=80", 1), rule("tcp,nw_src=10.0.0.1", 2)];
    const covered = [...classifierOf(rules).coveredBy(parseMatch("tcp"))];
    expect(new Set(covered)).toEqual(new Set([rules[0], rules[2]]));
  });
});

describe("conjunctive matches", () => {
  const clause = (n: number) => [{ id: 7, clause: n, clauses: 2 }];

  it("match when every clause is satisfied at one priority and the conj_id has a rule", () => {
    const found = rule("conj_id=7", 10);
    const classifier = classifierOf([
      rule("ip,nw_src=10.0.0.1", 10, clause(0)),
      rule("ip,nw_src=10.0.0.2", 10, clause(0)),
      rule("ip,nw_dst=10.0.0.3", 10, clause(1)),
      found,
    ]);
    expect(classifier.lookup(flowOf("ip,nw_src=10.0.0.2,nw_dst=10.0.0.3"), createFlow())).toBe(found);
    expect(classifier.lookup(flowOf("ip,nw_src=10.0.0.2,nw_dst=10.0.0.4"), createFlow())).toBeUndefined();
    expect(classifier.lookup(flowOf("ip,nw_src=10.0.0.9,nw_dst=10.0.0.3"), createFlow())).toBeUndefined();
  });

  it("leave the flow's conj_id as it was", () => {
    const classifier = classifierOf([rule("ip", 10, [{ id: 7, clause: 0, clauses: 1 }]), rule("conj_id=7", 10)]);
    const flow = flowOf("ip");
    const before = copyFlow(flow);
    classifier.lookup(flow, createFlow());
    expect(flow).toEqual(before);
  });

  it("give way to an ordinary rule of the same or a higher priority", () => {
    const ordinary = rule("ip,nw_ttl=64", 10);
    const classifier = classifierOf([
      rule("ip,nw_src=10.0.0.1", 10, clause(0)),
      rule("ip,nw_dst=10.0.0.3", 10, clause(1)),
      rule("conj_id=7", 10),
      ordinary,
    ]);
    expect(classifier.lookup(flowOf("ip,nw_ttl=64,nw_src=10.0.0.1,nw_dst=10.0.0.3"), createFlow())).toBe(ordinary);
  });

  it("uncover a rule with the same match and lower priority when they are incomplete", () => {
    const under = rule("ip,nw_src=10.0.0.1", 5);
    const classifier = classifierOf([rule("ip,nw_src=10.0.0.1", 10, clause(0)), under]);
    expect(classifier.lookup(flowOf("ip,nw_src=10.0.0.1"), createFlow())).toBe(under);
  });

  it("are decided by nothing outside the wildcards", () => {
    const addresses = ["10.0.0.1", "10.0.0.9", "10.0.1.1", "11.0.0.1"];
    const soft = fc.tuple(
      fc.constantFrom("nw_src", "nw_dst"),
      fc.constantFrom(...addresses),
      fc.constantFrom(24, 32),
      fc.constantFrom(10, 20),
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(soft, { minLength: 2, maxLength: 12, selector: (s) => s.join() }),
        rulesArbitrary,
        flowArbitrary,
        flowArbitrary,
        (parts, ordinary, flow, other) => {
          const softRules = parts.map(([name, address, length, priority]) =>
            rule(`ip,${name}=${address}/${length}`, priority, [
              { id: priority, clause: name === "nw_src" ? 0 : 1, clauses: 2 },
            ]),
          );
          const distinct = softRules.filter(
            (r, i) => softRules.findIndex((o) => o.priority === r.priority && sameMatch(o.match, r.match)) === i,
          );
          const classifier = classifierOf([
            ...distinct,
            rule("conj_id=10", 10),
            rule("conj_id=20", 20),
            ...ordinary.filter((r) => r.priority > 20),
          ]);
          const wildcards = createFlow();
          const found = classifier.lookup(flow, wildcards);
          expect(classifier.lookup(blend(flow, other, wildcards), null)).toBe(found);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("lookup without allocation", () => {
  it("answers a table of one mask and many rules by hash", () => {
    const classifier = new Classifier();
    const match = field("reg0");
    for (let i = 0; i < 5000; i++) classifier.insert(rule(`reg0=${i},reg1=1`, 1));
    const flow = createFlow();
    setNumber(flow, field("reg1"), 1);
    setSubfieldNumber(flow, { field: match, start: 0, bits: 16 }, 4321);
    expect(getNumber(classifier.lookup(flow, createFlow())!.match.value, match)).toBe(4321);
  });
});
