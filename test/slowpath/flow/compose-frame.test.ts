import { expect, it } from "vitest";
import { KEY_ETH_DST } from "../../../assembly/layout/key.ts";
import { LocalDatapath } from "../../../src/fastpath/local-datapath.ts";
import { composeFrame } from "../../../src/slowpath/flow/compose-frame.ts";
import { FLOW_SIZE } from "../../../src/slowpath/flow/flow-layout.ts";
import { parseMatch } from "../../../src/slowpath/flow/match-text.ts";
import { formatFlowText } from "../../../src/slowpath/translate/trace-text.ts";
import { ethernet, ipv4, ipv4Address, udp } from "../../model/frames.ts";

/** What the fast path makes of a frame. */
function parsed(frame: Uint8Array): Uint8Array {
  const datapath = new LocalDatapath();
  datapath.addTestPort("p1", 1);
  datapath.inject(1, frame);
  datapath.run();
  const flow = new Uint8Array(FLOW_SIZE);
  flow.set(datapath.takeUpcalls()[0].key);
  return flow;
}

const ends = "dl_src=02:00:00:00:00:01,dl_dst=02:00:00:00:00:02";
const v4 = "nw_src=10.0.0.1,nw_dst=10.0.0.2,nw_tos=8,nw_ttl=64";
const v6 = "ipv6_src=fe80::1,ipv6_dst=fe80::2,ipv6_label=0x12345,nw_tos=184,nw_ttl=255";

it.each([
  `${ends},dl_type=0x1234`,
  `${ends},dl_type=0x05ff`,
  `${ends},tcp,${v4},tp_src=1000,tp_dst=80,tcp_flags=syn|ack`,
  `${ends},udp,${v4},tp_src=1000,tp_dst=53`,
  `${ends},sctp,${v4},tp_src=1000,tp_dst=53`,
  `${ends},icmp,${v4},icmp_type=8,icmp_code=0`,
  `${ends},icmp,${v4},icmp_type=3,icmp_code=1`,
  `${ends},ip,${v4},nw_proto=47`,
  `${ends},udp,${v4},nw_frag=first,tp_src=1,tp_dst=2`,
  `${ends},ip,${v4},nw_proto=17,nw_frag=later`,
  `${ends},tcp6,${v6},tp_src=1000,tp_dst=80,tcp_flags=ack`,
  `${ends},icmp6,${v6},icmp_type=128,icmp_code=0`,
  `${ends},icmp6,${v6},icmp_type=135,icmp_code=0,nd_target=fe80::9,nd_sll=02:00:00:00:00:01`,
  `${ends},icmp6,${v6},icmp_type=136,icmp_code=0,nd_target=fe80::9,nd_tll=02:00:00:00:00:01`,
  `${ends},arp,arp_op=1,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_sha=02:00:00:00:00:01`,
  `${ends},dl_vlan=5,dl_vlan_pcp=3,udp,${v4},tp_src=1,tp_dst=2`,
])("a frame made of %s parses to it", (text) => {
  const wanted = parseMatch(
    `in_port=1,${text.replace("tcp_flags=syn|ack", "tcp_flags=+syn+ack").replace("tcp_flags=ack", "tcp_flags=+ack")}`,
  ).value;
  const flow = parsed(composeFrame(wanted, new Uint8Array(64)));
  const shown = (bytes: Uint8Array): string => formatFlowText(bytes).replace(/vlan_tci=0x0000,/, "");
  expect(shown(flow)).toBe(shown(wanted));
  expect(flow.subarray(KEY_ETH_DST, KEY_ETH_DST + 12)).toEqual(wanted.subarray(KEY_ETH_DST, KEY_ETH_DST + 12));
});

it("has the checksums of a frame that a host would make", () => {
  const ip = { source: ipv4Address("10.0.0.1"), destination: ipv4Address("10.0.0.2"), ttl: 64 };
  const payload = Uint8Array.from({ length: 21 }, (_, i) => i);
  const frame = ethernet(0x0800, ipv4(ip, 17, udp(ip, 1000, 53, payload)));
  const flow = parsed(frame);
  // Before that is what the model numbers its datagrams by, and the header's checksum over it.
  const addresses = 26;
  expect(composeFrame(flow, payload).subarray(addresses)).toEqual(frame.subarray(addresses));
});
