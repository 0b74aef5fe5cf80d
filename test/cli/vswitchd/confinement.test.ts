import { expect, it } from "vitest";
import { confinement } from "../../../src/cli/vswitchd/confinement.ts";

const may = (target: string): boolean => confinement("br0", target, "/run/ovs") === undefined;

it("lets a controller's target name sockets of its bridge in the daemon's directory", () => {
  expect(may("punix:/run/ovs/br0.controller")).toBe(true);
  expect(may("unix:/run/ovs/anything")).toBe(true);
  expect(may("unix:name")).toBe(true);
  expect(may("tcp:10.0.0.1:6653")).toBe(true);
});

it("and no other file", () => {
  expect(may("punix:/run/ovs/br0.x/../../../etc/y")).toBe(false);
  expect(may("punix:/run/ovs/br1.x")).toBe(false);
  expect(may("punix:br0.x")).toBe(false);
  expect(may("unix:/run/ovs/../docker.sock")).toBe(false);
  expect(may("unix:./x")).toBe(false);
  expect(confinement("br0", "punix:/tmp/x", "/run/ovs")).toContain(
    'Not adding Unix domain socket controller "punix:/tmp/x"',
  );
});
