import { describe, expect, it } from "vitest";
import { checkedSocketPath, controlSocket, runDirectory } from "../../src/control/run-directory.ts";

describe("the run directory", () => {
  it.each([
    [{ MEGAFLOW_RUNDIR: "/tmp/here", XDG_RUNTIME_DIR: "/run/user/5" }, 0, "/tmp/here"],
    [{ MEGAFLOW_RUNDIR: "/tmp/here" }, 1000, "/tmp/here"],
    [{ XDG_RUNTIME_DIR: "/run/user/5" }, 0, "/run/megaflow"],
    [{ XDG_RUNTIME_DIR: "/run/user/5" }, 5, "/run/user/5/megaflow"],
    [{}, 5, "/run/megaflow"],
    [{ MEGAFLOW_RUNDIR: "" }, 0, "/run/megaflow"],
  ])("with %j and uid %d is %s's", (environment, uid, expected) => {
    expect(runDirectory(environment, uid)).toBe(expected);
  });

  it("holds the control socket", () => {
    expect(controlSocket("/run/megaflow")).toBe("/run/megaflow/megaflow.sock");
  });

  it("is refused when a socket in it would have too long a path", () => {
    expect(checkedSocketPath(`/${"x".repeat(106)}`)).toHaveLength(107);
    expect(() => checkedSocketPath(`/${"x".repeat(107)}`)).toThrow("longer than the 107 bytes a unix socket allows");
  });
});
