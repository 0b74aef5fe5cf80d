/** A load balancer on a router: why the blog's did not work, and what makes it work. */
import { describe, expect, test } from "vitest";
import { recorded } from "./support/data.ts";
import { arpRequest, type Station, tcp, told } from "./support/frames.ts";
import { Network } from "./support/network.ts";

const SERVER_A: Station = { mac: "aa:aa:aa:11:11:aa", ip: "1.1.1.100" };
const SERVER_B: Station = { mac: "aa:aa:aa:11:11:bb", ip: "1.1.1.200" };
const CLIENT: Station = { mac: "aa:aa:aa:11:11:cc", ip: "2.1.1.10" };
const VIP = "2.1.1.50";
const CLIENT_GATEWAY = "00:00:00:00:20:00";
const SERVER_GATEWAY = "00:00:00:00:10:00";

function open(network: Network, from = 40000) {
  const syn = tcp(CLIENT_GATEWAY, CLIENT, VIP, { from, to: 8000, flags: "S", sequence: 100 });
  const toServer = told(network.send("c", syn));
  const [port] = Object.keys(toServer);
  const server = port === "a" ? SERVER_A : SERVER_B;
  const seenClient = /: ([\d.]+):(\d+) >/.exec(toServer[port][0])!;
  const synAck = { from: 8000, to: Number(seenClient[2]), flags: "SA", sequence: 500, acknowledgement: 101 };
  const toClient = told(network.send(port, tcp(SERVER_GATEWAY, server, seenClient[1], synAck)));
  return { server, client: seenClient[1], toClient };
}

describe("a load balancer on a router", () => {
  test("answers ARP for its VIP", async () => {
    const network = await Network.make(recorded("northbound/router-lb.nbctl"), ["a", "b", "c"]);
    expect(told(network.send("c", arpRequest(CLIENT, VIP)))).toEqual({
      c: [`${CLIENT_GATEWAY} > ${CLIENT.mac}: arp ${VIP} is-at ${CLIENT_GATEWAY} to ${CLIENT.ip}`],
    });
  });

  test("of the distributed kind does not translate replies: the blog's `Not Work`", async () => {
    const network = await Network.make(recorded("northbound/router-lb.nbctl"), ["a", "b", "c"]);
    const { server, toClient } = open(network);
    expect(toClient).toEqual({
      c: [`${CLIENT_GATEWAY} > ${CLIENT.mac}: ${server.ip}:8000 > 2.1.1.10:40000 tcp SA ttl 63`],
    });
  });

  test("of the gateway kind does: options:chassis makes the difference", async () => {
    const network = await Network.make(recorded("northbound/router-lb.nbctl"), ["a", "b", "c"]);
    network.run("set Logical_Router r1 options:chassis=here");
    const { client, toClient } = open(network);
    expect(client).toBe(CLIENT.ip);
    expect(toClient).toEqual({ c: [`${CLIENT_GATEWAY} > ${CLIENT.mac}: ${VIP}:8000 > 2.1.1.10:40000 tcp SA ttl 63`] });
  });

  test("with lb_force_snat_ip=router_ip hides the client from the servers", async () => {
    const network = await Network.make(recorded("northbound/gateway-force-snat.nbctl"), ["a", "b", "c"]);
    const { client, toClient } = open(network);
    expect(client).toBe("1.1.1.1");
    expect(toClient).toEqual({ c: [`${CLIENT_GATEWAY} > ${CLIENT.mac}: ${VIP}:8000 > 2.1.1.10:40000 tcp SA ttl 63`] });
  });

  test("spreads connections over its backends", async () => {
    const network = await Network.make(recorded("northbound/gateway-lb.nbctl"), ["a", "b", "c"]);
    const servers = Array.from({ length: 40 }, (_, i) => open(network, 40000 + i).server.ip);
    expect(new Set(servers)).toEqual(new Set([SERVER_A.ip, SERVER_B.ip]));
  });
});
