import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { checkOptions, DEFAULT_OPTIONS } from "../../src/lab/options.ts";
import { checkRequirements, type Machine } from "../../src/lab/requirements.ts";

let folder: string;
let machine: Machine;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-requirements-"));
  for (const bin of ["all", "no-curl", "no-ip"]) {
    mkdirSync(join(folder, bin));
    for (const program of ["ip", "curl"].filter((name) => bin !== `no-${name}`)) {
      writeFileSync(join(folder, bin, program), "");
      chmodSync(join(folder, bin, program), 0o755);
    }
  }
  writeFileSync(join(folder, "there"), "");
  machine = { uid: 0, path: `/nowhere:${folder}/all`, tun: join(folder, "there"), module: join(folder, "there") };
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("what a lab needs", () => {
  it("is satisfied by root, ip, curl, /dev/net/tun and the built module", () => {
    expect(() => checkRequirements("tap", machine)).not.toThrow();
  });

  it.each([
    [{ module: "/nowhere/fastpath.wasm" }, 'the fast path is not built (/nowhere/fastpath.wasm): run "npm run build"'],
    [{ uid: 1000 }, "a lab makes network namespaces and devices: run it as root"],
    [{ path: "no-ip" }, 'the program "ip" is needed and not installed: install the package iproute2'],
    [{ path: "no-curl" }, 'the program "curl" is needed and not installed: install the package curl'],
    [{ path: "" }, 'the program "ip" is needed and not installed: install the package iproute2'],
    [{ tun: "/nowhere/tun" }, 'TAP ports need /nowhere/tun: load the kernel module "tun", or use --ports veth'],
  ])("with %j is missed in one sentence and status 3", (change, message) => {
    const path = "path" in change ? join(folder, change.path) : machine.path;
    const lacking = { ...machine, ...change, path };
    expect(() => checkRequirements("tap", lacking)).toThrow(expect.objectContaining({ message, exitCode: 3 }));
  });

  it("does not include /dev/net/tun for veth ports", () => {
    expect(() => checkRequirements("veth", { ...machine, tun: "/nowhere/tun" })).not.toThrow();
  });
});

describe("a lab's options", () => {
  it.each([
    [{ selectionFields: ["ip_src", "ip_proto"] }, '"ip_proto" is not a selection field'],
    [{ clients: 0 }, "--clients takes 1 to 245"],
    [{ clients: 246 }, "--clients takes 1 to 245"],
    [{ mtu: 500 }, "--mtu takes 576 to 65521"],
    [{ mtu: 70_000 }, "--mtu takes 576 to 65521"],
  ])("%j are refused with status 2", (change, message) => {
    expect(() => checkOptions({ ...DEFAULT_OPTIONS, ...change })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message), exitCode: 2 }),
    );
  });
});
