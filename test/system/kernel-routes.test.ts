/** Routes and neighbours of a host, as ovs/route/show and tnl/neigh/show show them. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addAddress, setLink } from "../../src/kernel/link.ts";
import { addNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { KernelTunnels } from "../../src/unixctl/kernel-tunnels.ts";

const namespace = `ux${process.pid}r`;
let tunnels: KernelTunnels;

beforeAll(async () => {
  await addNamespace(namespace);
  await ip("-n", namespace, "link", "add", "br-phy", "type", "veth", "peer", "name", "other");
  for (const device of ["br-phy", "other", "lo"]) setLink(device, { up: true }, namespace);
  addAddress("br-phy", Uint8Array.of(10, 0, 0, 17), 24, namespace);
  await runInNamespace(namespace, ["ip", "route", "add", "10.5.0.0/16", "via", "10.0.0.1"]);
  await runInNamespace(namespace, ["ip", "neigh", "add", "10.0.0.9", "lladdr", "02:00:00:00:00:09", "dev", "br-phy"]);
  await runInNamespace(namespace, ["ip", "neigh", "add", "10.9.0.9", "lladdr", "02:00:00:00:00:0a", "dev", "other"]);
  tunnels = new KernelTunnels((name) => name === "br-phy", namespace);
});
afterAll(() => removeNamespaces([namespace]));

describe("a host's routes", () => {
  it("are those of the kernel, with the address that packets leave by", () => {
    const ways = tunnels
      .routes()
      .map(
        (route) =>
          `${route.prefix} ${route.device} ${route.gateway ?? "-"} ${route.source}${route.local ? " local" : ""}`,
      );
    expect(ways).toContain("10.0.0.17/32 br-phy - 10.0.0.17 local");
    expect(ways).toContain("10.0.0.0/24 br-phy - 10.0.0.17");
    expect(ways).toContain("10.5.0.0/16 br-phy 10.0.0.1 10.0.0.17");
    expect(ways.filter((way) => way.includes("255/32"))).toEqual([]);
  });

  it("are found by the longest prefix", () => {
    expect(tunnels.lookup("10.0.0.17", 0)?.local).toBe(true);
    expect(tunnels.lookup("10.0.0.18", 0)?.prefix).toBe("10.0.0.0/24");
    expect(tunnels.lookup("10.5.9.9", 0)?.gateway).toBe("10.0.0.1");
    expect(tunnels.lookup("192.0.2.1", 0)).toBeUndefined();
  });

  it("can be added where the device has an address for them, and deleted", () => {
    expect(tunnels.addRoute("10.7.0.0/24", "other", "10.0.0.9", 0)).toBe(false);
    expect(tunnels.addRoute("10.7.0.0/24", "br-phy", "10.0.0.9", 0)).toBe(true);
    expect(tunnels.lookup("10.7.0.1", 0)).toMatchObject({ origin: "User", gateway: "10.0.0.9", source: "10.0.0.17" });
    expect([tunnels.deleteRoute("10.7.0.0/24", 0), tunnels.deleteRoute("10.7.0.0/24", 0)]).toEqual([true, false]);
  });
});

it("a host's neighbours are those that bridges reach", () => {
  expect(tunnels.neighbours()).toEqual([{ address: "10.0.0.9", mac: "02:00:00:00:00:09", bridge: "br-phy" }]);
  tunnels.setNeighbour("br-phy", "10.0.0.10", "02:00:00:00:00:10");
  expect(tunnels.neighbours().map(({ address }) => address)).toEqual(["10.0.0.9", "10.0.0.10"]);
  tunnels.flushNeighbours();
  expect(tunnels.neighbours()).toHaveLength(1);
});
