/** The compiled rules against those that ovn-northd and ovn-controller 23.03.1 make of the same commands. */
import { describe, expect, test } from "vitest";
import { Northbound } from "../../src/northbound/northbound.ts";
import { recorded } from "./support/data.ts";
import {
  comparableGroups,
  comparableRules,
  type Rules,
  withHopLimit,
  withoutFeaturesNotBuilt,
} from "./support/rules.ts";

function compile(commands: string, bindings: readonly (readonly [string, number])[]) {
  const northbound = new Northbound();
  expect(northbound.runFile(commands)).toMatchObject({ exitCode: 0, stderr: "" });
  for (const [port, ofport] of bindings) northbound.bind(port, ofport);
  return northbound.desired();
}

describe("the rules of the blog's topology", () => {
  const lines = withHopLimit(recorded("reference/1-single-chassis/state/ofctl-dump-flows-no-stats.txt").split("\n"));
  const names = { veth1: 1, veth3: 2, veth5: 3 };
  const numbered = lines.map((line) =>
    line.replace(/(in_port=|output:)(veth\d)/, (_, key, name: "veth1") => key + names[name]),
  );
  const { flows, groups } = compile(recorded("northbound/blog.nbctl"), [
    ["ls1-veth1", 1],
    ["ls1-veth3", 2],
    ["ls2-veth5", 3],
  ]);

  test("are those of the recorded bridge, but for DHCPv6, and for the service monitor that watches nothing", () => {
    expect(comparableRules(flows)).toEqual(withoutFeaturesNotBuilt(numbered));
  });

  test("have the recorded group", () => {
    const recordedGroups = recorded("reference/1-single-chassis/state/ofctl-dump-groups.txt").split("\n");
    expect(comparableGroups(groups)).toEqual(comparableGroups(recordedGroups));
  });
});

const CASES = [
  ["plain", "two switches and a router"],
  ["join", "two routers on one switch"],
  ["ports", "port security, unknown addresses, disabled ports"],
  ["routes", "static, discard, source and equal-cost routes, joined routers"],
  ["switch-lbs", "load balancers on switches"],
  ["router-lb", "a load balancer on a plain router"],
  ["gateway-lb", "a load balancer on a gateway router"],
  ["gateway-force-snat", "lb_force_snat_ip=router_ip"],
  ["gateway-force-snat-ip", "lb_force_snat_ip with addresses"],
  ["gateway-skip-snat", "skip_snat"],
  ["router-lbs", "load balancers of every kind on a gateway router"],
  ["health", "health checks that no backend has answered yet"],
] as const;

describe.each(CASES)("the rules of %s: %s", (name) => {
  const lines = withHopLimit(recorded(`northbound/${name}.rules.txt`).split("\n"));
  const bindings = lines.flatMap((line) => {
    const found = /^# bind (\S+) (\d+)$/.exec(line);
    return found ? [[found[1], Number(found[2])] as const] : [];
  });
  const { flows, groups } = compile(recorded(`northbound/${name}.nbctl`), bindings);

  test("are ovn-controller's", () => {
    expect(pathsInOrder(comparableRules(flows))).toEqual(pathsInOrder(withoutFeaturesNotBuilt(lines)));
  });

  test("have ovn-controller's groups", () => {
    // A VIP of IPv6 hashed by "ip_src": OVN hashes the IPv4 source, which such a packet has not.
    const ours = groups.map((group) => group.replace("fields(ipv6_src,", "fields(ip_src,"));
    expect(comparableGroups(ours)).toEqual(comparableGroups(lines));
  });
});

/** Equal-cost paths are numbered in the order of their rows' UUIDs there, in the order they were added here. */
function pathsInOrder(rules: Rules): Rules {
  const paths = [...rules].filter(([match]) => match.startsWith("table=22 priority=100 metadata=0x3,reg8="));
  const keys = paths.map(([match]) => match).sort();
  const actions = paths.map(([, action]) => action).sort();
  return new Map([...rules, ...keys.map((key, i) => [key, actions[i]] as const)]);
}
