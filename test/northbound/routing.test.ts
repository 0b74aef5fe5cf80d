/** Static routes: gateways, discard, sources, equal-cost paths, routers joined without a switch. */
import { beforeAll, describe, expect, test } from "vitest";
import { recorded } from "./support/data.ts";
import { ping, type Station, tcp, told } from "./support/frames.ts";
import { Network } from "./support/network.ts";

const CLIENT: Station = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
const FAR: Station = { mac: "aa:aa:aa:11:11:44", ip: "4.1.1.10" };
const GATEWAY = "00:00:00:00:20:00";
const FAR_GATEWAY = "00:00:00:00:40:00";

describe("two routers joined by a pair of ports", () => {
  let network: Network;
  beforeAll(async () => {
    network = await Network.make(recorded("northbound/routes.nbctl"), ["a", "b", "c", "d"]);
  });

  test("carry packets across, one hop each", () => {
    expect(told(network.send("c", ping(GATEWAY, CLIENT, FAR.ip)))).toEqual({
      d: [`${FAR_GATEWAY} > ${FAR.mac}: 2.1.1.10 > 4.1.1.10 icmp 8/0 ttl 62`],
    });
  });

  test("and back by the default route", () => {
    expect(told(network.send("d", ping(FAR_GATEWAY, FAR, CLIENT.ip)))).toEqual({
      c: [`${GATEWAY} > ${CLIENT.mac}: 4.1.1.10 > 2.1.1.10 icmp 8/0 ttl 62`],
    });
  });

  test("a packet that dies on the second is reported by the second", () => {
    expect(told(network.send("c", ping(GATEWAY, CLIENT, FAR.ip, 2)))).toEqual({
      c: [`${GATEWAY} > ${CLIENT.mac}: 3.1.1.2 > 2.1.1.10 icmp 11/0 ttl 253`],
    });
  });

  test("a discard route is silent", () => {
    expect(network.send("d", ping(FAR_GATEWAY, FAR, "9.1.2.3"))).toEqual({});
  });

  test("equal-cost paths are both used, and one connection keeps to one", () => {
    const pathOf = (from: number) =>
      Object.keys(network.send("c", tcp(GATEWAY, CLIENT, "6.1.1.1", { from, to: 80, flags: "S" })))[0];
    const ports = Array.from({ length: 32 }, (_, i) => 50000 + i);
    const paths = ports.map(pathOf);
    expect(new Set(paths)).toEqual(new Set(["a", "b"]));
    expect(ports.map(pathOf)).toEqual(paths);
  });
});

describe("routing tables besides the main one", () => {
  const NEAR: Station = { mac: "aa:aa:aa:11:11:aa", ip: "1.1.1.100" };
  const NEAR_GATEWAY = "00:00:00:00:10:00";
  let network: Network;
  beforeAll(async () => {
    network = await Network.make(recorded("northbound/routes.nbctl"), ["a", "b", "c", "d"]);
    network.run("lrp-set-options r1-p2 route_table=clients\nlr-route-del r1 4.1.0.0/16");
    network.run("--route-table=clients lr-route-add r1 4.1.0.0/16 3.1.1.2");
  });

  test("are for packets from the ports that name them", () => {
    expect(Object.keys(network.send("c", ping(GATEWAY, CLIENT, FAR.ip)))).toEqual(["d"]);
    expect(network.send("a", ping(NEAR_GATEWAY, NEAR, FAR.ip))).toEqual({});
  });

  test("do not hold the main one's static routes, but the networks of the ports", () => {
    network.run("lr-route-add r1 7.1.0.0/16 1.1.1.200");
    expect(network.send("c", ping(GATEWAY, CLIENT, "7.1.1.1"))).toEqual({});
    expect(Object.keys(network.send("c", ping(GATEWAY, CLIENT, NEAR.ip)))).toEqual(["a"]);
  });

  test("are kept apart from one another", () => {
    network.run("lrp-set-options r1-p1 route_table=servers");
    network.run("--route-table=servers lr-route-add r1 4.1.1.0/24 discard");
    expect(network.send("a", ping(NEAR_GATEWAY, NEAR, FAR.ip))).toEqual({});
    expect(Object.keys(network.send("c", ping(GATEWAY, CLIENT, FAR.ip)))).toEqual(["d"]);
  });
});

test("an administratively disabled port neither sends nor receives", async () => {
  const network = await Network.make(recorded("northbound/plain.nbctl"), ["a", "b", "c"]);
  network.run("lsp-set-enabled a disabled");
  const a: Station = { mac: "aa:aa:aa:11:11:aa", ip: "1.1.1.100" };
  const b: Station = { mac: "aa:aa:aa:11:11:bb", ip: "1.1.1.200" };
  expect(network.send("a", ping(b.mac, a, b.ip))).toEqual({});
  expect(network.send("b", ping(a.mac, b, a.ip))).toEqual({});
  network.run("lsp-set-enabled a enabled");
  expect(Object.keys(network.send("b", ping(a.mac, b, a.ip)))).toEqual(["a"]);
});
