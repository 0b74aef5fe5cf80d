import { beforeEach, expect, it } from "vitest";
import { DummyHost } from "../../../src/cli/vswitchd/dummy/host.ts";
import { parseAddress } from "../../../src/slowpath/flow/address-text.ts";

let host: DummyHost;

beforeEach(() => {
  host = new DummyHost();
  host.addAddress("br0", parseAddress("192.0.2.1/24", 4)!);
  host.addAddress("br0", parseAddress("2001:db8:cafe::1/64", 16)!);
});

it("leads by the longest prefix of the packet's mark, from the device's own address", () => {
  expect(host.addRoute("198.51.100.0/24", "br0", "192.0.2.254", 0)).toBe(true);
  expect(host.addRoute("198.51.100.128/25", "br0", "192.0.2.250", 0)).toBe(true);
  expect(host.addRoute("198.51.100.7/24", "br0", "192.0.2.9", 5)).toBe(true);
  const way = (address: string, mark = 0) => host.lookup(address, mark)?.gateway;
  expect([way("198.51.100.1"), way("198.51.100.200"), way("198.51.100.200", 5)]).toEqual([
    "192.0.2.254",
    "192.0.2.250",
    "192.0.2.9",
  ]);
  expect(host.lookup("198.51.100.1", 0)).toMatchObject({ source: "192.0.2.1", device: "br0", origin: "User" });
  expect(host.lookup("203.0.113.1", 0)).toBeUndefined();
});

it("takes no route whose gateway no address of the device reaches", () => {
  expect(host.addRoute("198.51.100.0/24", "br0", "203.0.113.9", 0)).toBe(false);
  expect(host.addRoute("2001:db8:babe::/64", "br0", "2001:db8:cafe::2", 0)).toBe(true);
  expect(host.deleteRoute("2001:db8:babe::/64", 1)).toBe(false);
  expect(host.deleteRoute("2001:db8:babe::/64", 0)).toBe(true);
  expect(host.routes()).toEqual([]);
});
