import { expect, it } from "vitest";
import { commandOf } from "../../../src/ovsdb/reconciler/command.ts";
import type { BridgeConfiguration } from "../../../src/ovsdb/reconciler/configuration.ts";

function command(failMode: string | undefined, ...controllers: { target: string; type?: string }[]) {
  return commandOf({ row: { fail_mode: failMode }, controllers } as unknown as BridgeConfiguration);
}

it("is the controllers' where there is one, in whatever fail mode", () => {
  expect(command("secure", { target: "tcp:10.0.0.1" })).toBe("controllers");
  expect(command(undefined, { target: "ptcp:6653" }, { target: "ssl:10.0.0.1" })).toBe("controllers");
});

it("is not that of who may only call", () => {
  expect(command("secure", { target: "ptcp:6653" })).toBe("nobody");
  expect(command("standalone", { target: "punix:/run/x" })).toBe("standalone");
  expect(command(undefined, { target: "tcp:10.0.0.1", type: "service" })).toBe("standalone");
  expect(command(undefined, { target: "ptcp:6653", type: "primary" })).toBe("controllers");
});

it("without controllers goes by the fail mode", () => {
  expect(command(undefined)).toBe("standalone");
  expect(command("secure")).toBe("nobody");
});
