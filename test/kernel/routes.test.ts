import { describe, expect, it } from "vitest";
import { findLink } from "../../src/kernel/link.ts";
import { listNeighbours } from "../../src/kernel/neighbours.ts";
import { findRoute, listRoutes } from "../../src/kernel/routes.ts";

const LOOPBACK = Uint8Array.of(127, 0, 0, 1);

describe("routes", () => {
  it("know the host's own address", () => {
    const { index } = findLink("lo")!;
    expect(findRoute(LOOPBACK)).toMatchObject({ interface: index, source: LOOPBACK, local: true });
    expect(listRoutes()).toContainEqual({
      destination: Uint8Array.of(127, 0, 0, 0),
      prefixLength: 8,
      interface: index,
      gateway: undefined,
      source: LOOPBACK,
      local: true,
    });
  });
});

describe("neighbours", () => {
  it("have an address and a device each", () => {
    for (const { address, mac, interface: index } of listNeighbours()) {
      expect([4, 16]).toContain(address.length);
      expect(mac).toMatch(/^([0-9a-f]{2}:){5}[0-9a-f]{2}$/);
      expect(index).toBeGreaterThan(0);
    }
  });
});
