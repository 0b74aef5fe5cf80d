/** Arbitrary pipelines as ovs-ofctl text: two bridges joined by patch ports, some tables, groups and rules that use everything. */
import fc from "fast-check";
import { ModificationError } from "../../../src/slowpath/tables/modification.ts";
import type { BridgePort } from "../../../src/slowpath/translate/bridge.ts";
import { PATCH_PORT, TUNNEL_PORT } from "./packets.ts";
import { ports, TestBridge } from "./test-bridge.ts";

const TABLES = 5;
const GROUPS = 4;

const small = fc.integer({ min: 0, max: 3 });
const register = fc.integer({ min: 0, max: 3 }).map((n) => `reg${n}`);
const oneOf = (...texts: string[]) => fc.constantFrom(...texts);

const ipv4 = fc
  .tuple(small, small, fc.constantFrom("", "", "/8", "/24", "/31", "/255.0.0.3", "/0.0.0.1"))
  .map(([a, b, mask]) => `${a === 3 ? 255 : a}.${a === 3 ? 255 : a}.${a === 3 ? 255 : a}.${b}${mask}`);
const ipv4Exact = ipv4.map((text) => text.replace(/\/.*/, ""));
const ipv6 = fc
  .tuple(small, fc.constantFrom("", "/64", "/128", "/16", "/ffff::3"))
  .map(([a, mask]) => `${["::", "101:101::1", "202::2", "ffff:ffff::3"][a]}${mask}`);
const mac = fc
  .tuple(small, small, fc.constantFrom("", "", "/ff:ff:ff:00:00:00", "/01:00:00:00:00:00", "/00:00:00:00:00:03"))
  .map(([a, b, mask]) => {
    const byte = a === 3 ? "ff" : `0${a}`;
    return `${byte}:${byte}:${byte}:${byte}:${byte}:0${b}${mask}`;
  });
const macExact = mac.map((text) => text.replace(/\/.*/, ""));
const port16 = fc.tuple(small, fc.constantFrom("", "", "/0x3", "/0xff00")).map(([a, mask]) => `${a}${mask}`);
const masked32 = fc
  .tuple(small, fc.constantFrom("", "/0x1", "/0x3", "/0xffff0000"))
  .map(([a, mask]) => `0x${a.toString(16)}${mask}`);

const l2 = fc.oneof(
  mac.map((text) => `dl_src=${text}`),
  mac.map((text) => `dl_dst=${text}`),
  fc.integer({ min: 1, max: 6 }).map((n) => `in_port=${n}`),
  oneOf("vlan_tci=0", "vlan_tci=0x1000/0x1000", "dl_vlan=1", "dl_vlan=2,dl_vlan_pcp=3", "vlan_tci=0x1001/0x1003"),
  fc.tuple(register, masked32).map(([name, value]) => `${name}=${value}`),
  masked32.map((value) => `metadata=${value}`),
  masked32.map((value) => `ct_mark=${value}`),
  masked32.map((value) => `ct_label=${value}`),
  masked32.map((value) => `pkt_mark=${value}`),
  masked32.map((value) => `tun_id=${value}`),
  oneOf("ct_state=+trk", "ct_state=-trk", "ct_state=+new+trk", "ct_state=-est+rel+trk", "ct_state=+est-rpl"),
  small.map((n) => `ct_zone=${n}`),
  oneOf("reg1[0..3]=1", "xreg1=0x1/0x3", "xxreg0=0x2/0x3", "actset_output=2"),
);
const l3 = fc.oneof(
  ipv4.map((text) => `ip,nw_src=${text}`),
  ipv4.map((text) => `ip,nw_dst=${text}`),
  fc.tuple(ipv4, ipv4).map(([a, b]) => `ip,nw_src=${a},nw_dst=${b}`),
  oneOf("ip,nw_ttl=1", "ip,nw_ttl=64", "ip,nw_tos=4", "ip,nw_ecn=1", "ip,nw_frag=no", "ip,nw_frag=later", "ipv6", "ip"),
  ipv6.map((text) => `ipv6,ipv6_src=${text}`),
  ipv6.map((text) => `ipv6,ipv6_dst=${text}`),
  fc.tuple(oneOf("arp_spa", "arp_tpa"), ipv4).map(([name, text]) => `arp,${name}=${text}`),
  fc.tuple(oneOf("arp_sha", "arp_tha"), mac).map(([name, text]) => `arp,${name}=${text}`),
  oneOf("arp,arp_op=1", "arp", "mpls,mpls_label=0", "mpls", "dl_type=0x1234", "ip,nw_proto=47"),
  oneOf("ct_state=+est+trk,ip,ct_nw_proto=6", "ct_state=+trk-inv,ip,ct_nw_proto=17"),
);
const l4 = fc.oneof(
  fc
    .tuple(oneOf("tcp", "udp", "sctp", "tcp6", "udp6"), oneOf("tp_src", "tp_dst"), port16)
    .map(([protocol, name, value]) => `${protocol},${name}=${value}`),
  oneOf("tcp", "icmp", "icmp6", "icmp,icmp_type=1", "icmp6,icmp_type=135", "icmp6,icmp_type=135,icmp_code=0"),
  oneOf("tcp,tcp_flags=+syn", "tcp,tcp_flags=-ack+syn"),
  ipv6.map((text) => `icmp6,icmp_type=135,icmp_code=0,nd_target=${text}`),
  fc.tuple(ipv4, port16).map(([address, port]) => `tcp,nw_dst=${address},tp_dst=${port}`),
);
const matchText = fc
  .tuple(fc.option(l2, { freq: 3 }), fc.option(l2, { freq: 1 }), fc.option(fc.oneof(l3, l4), { freq: 3 }))
  .map((parts) => parts.filter((part) => part !== null).join(","));

const table = fc.integer({ min: 0, max: TABLES - 1 });
const outPort = fc.integer({ min: 1, max: 6 });

const set = fc.oneof(
  fc.tuple(masked32, register).map(([value, name]) => `set_field:${value}->${name}`),
  mac.map((text) => `set_field:${text}->eth_dst`),
  macExact.map((text) => `set_field:${text}->eth_src`),
  ipv4.map((text) => `set_field:${text}->ip_src`),
  ipv4Exact.map((text) => `mod_nw_dst:${text}`),
  ipv6.map((text) => `set_field:${text}->ipv6_dst`),
  port16.map((text) => `set_field:${text}->tcp_dst`),
  small.map((n) => `mod_tp_src:${n}`),
  small.map((n) => `mod_tp_dst:${n}`),
  ipv4Exact.map((text) => `set_field:${text}->arp_spa`),
  macExact.map((text) => `set_field:${text}->arp_tha`),
  ipv6.map((text) => `set_field:${text}->nd_target`),
  oneOf("set_field:2->arp_op", "set_field:0->icmp_type", "set_field:3->icmpv6_code", "mod_nw_tos:16", "mod_nw_ecn:1"),
  oneOf("mod_nw_ttl:2", "set_field:ANY->in_port", "load:0x2->NXM_OF_IN_PORT[]", "set_field:1->pkt_mark"),
  oneOf("mod_vlan_vid:2", "set_vlan_vid:1", "mod_vlan_pcp:3", "push_vlan:0x8100", "push_vlan:0x88a8", "pop_vlan"),
  oneOf("set_field:0x1002->vlan_tci", "set_field:4097->vlan_vid", "set_field:0x5->metadata", "set_tunnel:3"),
  oneOf("push_mpls:0x8847", "pop_mpls:0x0800", "dec_mpls_ttl", "set_mpls_ttl:7", "set_field:0x10->tun_metadata0"),
  oneOf("load:0x1->NXM_NX_REG1[0..1]", "load:0x3->NXM_OF_IP_SRC[0..3]", "write_metadata:0x1/0x3"),
);
const copy = oneOf(
  "move:NXM_OF_IP_SRC[]->NXM_OF_IP_DST[]",
  "move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]",
  "move:NXM_OF_ETH_SRC[0..3]->NXM_NX_REG0[0..3]",
  "move:NXM_OF_IP_DST[0..7]->NXM_NX_REG1[0..7]",
  "move:NXM_NX_REG0[0..1]->NXM_OF_IP_SRC[2..3]",
  "move:NXM_OF_TCP_SRC[]->NXM_NX_REG2[0..15]",
  "move:NXM_OF_VLAN_TCI[0..1]->NXM_NX_REG3[0..1]",
  "move:NXM_NX_CT_MARK[0..1]->NXM_NX_REG1[4..5]",
  "move:NXM_OF_IN_PORT[]->NXM_NX_REG2[0..15]",
  "move:NXM_NX_IPV6_SRC[]->NXM_NX_XXREG1[]",
  "move:NXM_NX_IP_TTL[]->NXM_NX_REG0[8..15]",
  "move:NXM_NX_TUN_ID[0..3]->NXM_NX_REG3[4..7]",
  "push:NXM_OF_ETH_SRC[],pop:NXM_OF_ETH_DST[]",
  "push:NXM_OF_IP_SRC[],push:NXM_OF_IP_DST[],pop:NXM_OF_IP_SRC[],pop:NXM_OF_IP_DST[]",
  "push:NXM_NX_REG0[]",
  "pop:NXM_NX_REG1[]",
  "pop:NXM_OF_IP_TOS[]",
  "push:NXM_OF_TCP_DST[],pop:NXM_NX_REG0[0..15]",
  "dec_ttl",
  "dec_ttl()",
  "ct_clear",
  "multipath(symmetric_l4,1,modulo_n,4,0,NXM_NX_REG0[0..1])",
  "multipath(nw_src,0,hrw,3,0,NXM_NX_REG1[0..1])",
  "multipath(symmetric_l3l4+udp,9,hash_threshold,4,0,NXM_NX_REG2[0..1])",
  "bundle_load(eth_src,0,hrw,ofport,NXM_NX_REG0[0..15],members:1,2,3)",
  "learn(table=4,priority=5,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])",
  "learn(table=4,nw_proto=6,eth_type=0x800,NXM_OF_IP_SRC[0..7]=NXM_OF_IP_DST[0..7],load:NXM_OF_IP_SRC[]->NXM_NX_REG0[])",
  "fin_timeout(idle_timeout=5)",
  "set_queue:3",
  "note:00.11",
);
const out = fc.oneof(
  outPort.map((n) => `output:${n}`),
  outPort.map((n) => `output:${n}`),
  oneOf("in_port", "normal", "flood", "all", "local", "output:NXM_NX_REG2[0..15]", "output(port=2,max_len=100)"),
  oneOf("bundle(symmetric_l4,0,hrw,ofport,members:1,2,4)", "bundle(eth_src,0,active_backup,ofport,members:4,3)"),
  fc.integer({ min: 1, max: GROUPS }).map((n) => `group:${n}`),
);
const zone = oneOf("zone=1", "zone=NXM_NX_REG0[0..15]", "zone=NXM_OF_TCP_DST[]", "zone=NXM_OF_VLAN_TCI[]", "zone=0");
const nat = oneOf("", "", ",nat", ",nat(src=1.1.1.1)", ",nat(dst=2.2.2.2:80)");
const exec = oneOf(
  "",
  "",
  ",exec(set_field:0x1/0x3->ct_mark)",
  ",exec(move:NXM_NX_REG0[0..3]->NXM_NX_CT_MARK[0..3])",
  ",exec(move:NXM_OF_IP_SRC[]->NXM_NX_CT_LABEL[32..63],set_field:1->ct_mark)",
);
const ct = fc.tuple(fc.boolean(), zone, nat, exec, fc.option(table)).map(([commit, where, change, marks, next]) => {
  const parts = [commit ? "commit" : "", next === null ? "" : `table=${next}`, where];
  return `ct(${parts.filter((part) => part !== "").join(",")}${change}${commit ? marks : ""})`;
});

const simple = fc.oneof({ weight: 5, arbitrary: set }, { weight: 4, arbitrary: copy }, { weight: 4, arbitrary: out });
const list = (item: fc.Arbitrary<string>, maxLength: number) =>
  fc.array(item, { minLength: 1, maxLength }).map((items) => items.join(","));
/** A jump only ever goes to a later table, or the pipeline would mostly be loops. */
const jump = fc.oneof(
  { weight: 6, arbitrary: fc.constant("resubmit(,+1)") },
  { weight: 3, arbitrary: fc.constant("resubmit(,+2)") },
  { weight: 1, arbitrary: oneOf("resubmit(3,+1)", "resubmit(,+1,ct)", "resubmit:2") },
);
const nested = fc.oneof(
  list(fc.oneof(simple, jump, ct), 3).map((text) => `clone(${text})`),
  list(
    oneOf("set_field:1->reg0", "output:2", "output:3", "group:1", "set_field:2.2.2.2->ip_dst", "dec_ttl", "pop_vlan"),
    3,
  ).map((text) => `write_actions(${text})`),
  oneOf("clear_actions", "exit", "check_pkt_larger(100)->NXM_NX_REG3[0]", "controller", "controller(pause)"),
);
const action = fc.oneof(
  { weight: 9, arbitrary: simple },
  { weight: 6, arbitrary: jump },
  { weight: 2, arbitrary: ct },
  { weight: 1, arbitrary: nested },
);
const actions = fc.oneof({ weight: 9, arbitrary: list(action, 5) }, { weight: 1, arbitrary: fc.constant("drop") });

const ruleText = fc
  .tuple(table, fc.integer({ min: 1, max: 9 }), matchText, actions)
  .map(([number, priority, match, text]) => {
    const done = text.replaceAll(/,\+(\d)/g, (_, step) => `,${Math.min(number + Number(step), TABLES)}`);
    return `table=${number},priority=${priority}${match && `,${match}`} actions=${done}`;
  });
/** What packets do that no other rule of a table wants: mostly go on, so that they see all tables. */
const fallbacks = fc
  .tuple(...Array.from({ length: TABLES }, () => list(fc.oneof(simple, ct), 2)))
  .map((texts) => texts.map((text, n) => `table=${n},priority=0 actions=${text},resubmit(,${n + 1})`));

/** The last table leads nowhere else, so that nothing goes round for ever. */
const leafText = fc
  .tuple(
    matchText,
    list(
      simple.filter((text) => !text.includes("group")),
      3,
    ),
  )
  .map(([match, text]) => `table=${TABLES}${match && `,${match}`} actions=${text}`);
const conjunction = fc
  .tuple(table, ipv4, ipv4, port16, port16)
  .map(([number, a, b, p, q]) => [
    `table=${number},priority=7,ip,nw_src=${a} actions=conjunction(7,1/2)`,
    `table=${number},priority=7,ip,nw_src=${b} actions=conjunction(7,1/2)`,
    `table=${number},priority=7,tcp,tp_dst=${p} actions=conjunction(7,2/2)`,
    `table=${number},priority=7,udp,tp_dst=${q} actions=conjunction(7,2/2)`,
    `table=${number},priority=7,conj_id=7,ip actions=output:4`,
  ]);

const bucketActions = fc.oneof(
  list(
    fc.oneof(
      set.filter((text) => !/write_metadata|_mpls|vlan:/.test(text)),
      oneOf("dec_ttl"),
    ),
    2,
  ).chain((text) => outPort.map((n) => `${text},output:${n}`)),
  ct,
  fc.constant(`resubmit(,${TABLES})`),
);
const bucket = fc
  .tuple(small, oneOf("", "", "watch_port:2,", "watch_port:4,"), bucketActions)
  .map(([weight, watch, text]) => ({ weight, watch, text }));
const groupKind = oneOf(
  "type=all",
  "type=indirect",
  "type=fast_failover",
  "type=select",
  "type=select,selection_method=dp_hash",
  "type=select,selection_method=hash,fields(ip_src,tcp_src)",
  "type=select,selection_method=hash,selection_method_param=7,fields(eth_src,ip_dst=255.255.255.0)",
);
const groupText = fc.tuple(groupKind, fc.array(bucket, { minLength: 1, maxLength: 3 })).map(([kind, buckets]) => {
  const used = kind === "type=indirect" ? buckets.slice(0, 1) : buckets;
  return `${kind},${used
    .map(({ weight, watch, text }, i) => {
      const needsWatch = kind === "type=fast_failover";
      const weighs = kind.startsWith("type=select") ? `weight:${weight},` : "";
      return `bucket=bucket_id:${i},${weighs}${needsWatch ? watch || "watch_port:1," : ""}actions=${text}`;
    })
    .join(",")}`;
});

export interface Pipeline {
  readonly flows: readonly string[];
  readonly peerFlows: readonly string[];
  readonly groups: readonly string[];
  readonly select: "one-pass" | "recirculate";
  readonly seed: number;
}

export const pipelines: fc.Arbitrary<Pipeline> = fc.record({
  flows: fc
    .tuple(
      fallbacks,
      fc.array(ruleText, { minLength: 2, maxLength: 24 }),
      fc.array(leafText, { minLength: 1, maxLength: 4 }),
      fc.option(conjunction, { freq: 4 }),
    )
    .map(([last, rules, leaves, conjunctive]) => [...last, ...rules, ...leaves, ...(conjunctive ?? [])]),
  peerFlows: fc.array(ruleText, { maxLength: 4 }),
  groups: fc.array(groupText, { minLength: GROUPS, maxLength: GROUPS }),
  select: fc.constantFrom("one-pass" as const, "recirculate" as const),
  seed: fc.integer(),
});

/** Ports 1…3 up, 4 down, 5 a tunnel, 6 a patch to the other bridge, LOCAL. */
function portsOf(peer: () => TestBridge): BridgePort[] {
  return [
    ...ports(4, 10).map((port): BridgePort => (port.number === 4 ? { ...port, up: false } : port)),
    {
      number: TUNNEL_PORT,
      name: "tunnel",
      datapathPort: 15,
      up: true,
      tunnel: { remote: "flow", key: "flow", ttl: 64, tos: 0, dontFragment: true, checksum: false },
    },
    {
      number: PATCH_PORT,
      name: "patch",
      up: true,
      get peer() {
        return { bridge: peer(), port: PATCH_PORT };
      },
    },
    { number: 0xfffe, name: "local", datapathPort: 9, up: true, vlan: { mode: "access", tag: 2 } },
  ];
}

/** Rules that the tables refuse are left out. */
function addAll(bridge: TestBridge, lines: readonly string[]): void {
  for (const line of lines) {
    try {
      bridge.addFlows(line);
    } catch (error) {
      if (!(error instanceof ModificationError)) throw error;
    }
  }
}

export function buildBridge(pipeline: Pipeline): TestBridge {
  const peer: TestBridge = new TestBridge(
    portsOf(() => bridge),
    "br-peer",
  );
  const bridge: TestBridge = new TestBridge(
    portsOf(() => peer),
    "br-test",
  );
  for (const side of [bridge, peer]) {
    side.learned.set("0 2,2,2,2,2,2", 2);
    side.learned.set("1 1,1,1,1,1,1", 3);
  }
  bridge.addGroups(...pipeline.groups.map((text, i) => `group_id=${i + 1},${text}`));
  peer.addGroups(...pipeline.groups.map((text, i) => `group_id=${i + 1},${text}`));
  addAll(bridge, pipeline.flows);
  addAll(peer, pipeline.peerFlows);
  return bridge;
}
