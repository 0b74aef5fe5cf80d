import { describe, expect, it } from "vitest";
import {
  controlPath,
  directories,
  parseOptions,
  UsageError,
  type VswitchdOptions,
} from "../../../src/cli/vswitchd/options.ts";

const folders = { run: "/run/ovs", log: "/log/ovs" };

function options(line: string): VswitchdOptions {
  const parsed = parseOptions(line.split(" ").filter(Boolean), folders, "/home/me");
  if (parsed.kind !== "run") throw new Error(parsed.kind);
  return parsed.options;
}

describe("the command line of ovs-vswitchd", () => {
  it("has defaults", () => {
    expect(options("")).toEqual({
      database: "unix:/run/ovs/db.sock",
      detach: false,
      monitor: false,
      changeDirectory: true,
      pidFile: undefined,
      overwritePidFile: false,
      logFile: undefined,
      levels: [],
      control: "default",
      confined: true,
      dummy: false,
    });
  });

  it("is taken as OVS's own test suite writes it", () => {
    const line =
      "--enable-dummy --disable-system --disable-system-route --dummy-numa=0,0 --dummy-numa 1 --detach --no-chdir " +
      "--pidfile --log-file -vvconn -vofproto_dpif -vunixctl";
    expect(options(line)).toMatchObject({
      dummy: "enabled",
      detach: true,
      changeDirectory: false,
      pidFile: "/run/ovs/ovs-vswitchd.pid",
      logFile: "/log/ovs/ovs-vswitchd.log",
      levels: ["vconn", "ofproto_dpif", "unixctl"],
      database: "unix:/run/ovs/db.sock",
    });
  });

  it("is taken as ovs-ctl writes it", () => {
    const line =
      "unix:/var/run/openvswitch/db.sock -vconsole:emer -vsyslog:err -vfile:info --mlockall --no-chdir " +
      "--log-file=/var/log/openvswitch/ovs-vswitchd.log --pidfile=/var/run/openvswitch/ovs-vswitchd.pid --detach " +
      "--user=root:root --syslog-method=null --no-self-confinement -p /key -C /ca";
    expect(options(line)).toMatchObject({
      database: "unix:/var/run/openvswitch/db.sock",
      levels: ["console:emer", "syslog:err", "file:info"],
      confined: false,
      pidFile: "/var/run/openvswitch/ovs-vswitchd.pid",
      logFile: "/var/log/openvswitch/ovs-vswitchd.log",
    });
  });

  it("names files from the run directory, the log from where it was called", () => {
    expect(options("--pidfile=x.pid --unixctl=x.ctl --log-file=x.log")).toMatchObject({
      pidFile: "/run/ovs/x.pid",
      control: "/run/ovs/x.ctl",
      logFile: "/home/me/x.log",
    });
  });

  it("says where the control socket is", () => {
    expect(controlPath(options(""), folders, 42)).toBe("/run/ovs/ovs-vswitchd.42.ctl");
    expect(controlPath(options("--unixctl=/tmp/c"), folders, 42)).toBe("/tmp/c");
    expect(controlPath(options("--unixctl none"), folders, 42)).toBeUndefined();
  });

  it.each([
    ["--nosuch", "unrecognized option '--nosuch'"],
    ["-Q", "invalid option -- 'Q'"],
    ["a b", "at most one non-option argument accepted"],
    ["--unixctl", "option '--unixctl' requires an argument"],
  ])("is refused in a sentence: %s", (line, sentence) => {
    expect(() => options(line)).toThrow(UsageError);
    expect(() => options(line)).toThrow(sentence);
  });

  it.each([
    ["--version --detach", "version"],
    ["-V", "version"],
    ["--help", "help"],
    ["-h", "help"],
  ])("asks for words only: %s", (line, kind) => {
    expect(parseOptions(line.split(" "), folders, "/")).toEqual({ kind });
  });

  it("finds its directories in the environment", () => {
    expect(directories({ OVS_RUNDIR: "/a", OVS_LOGDIR: "/b" })).toEqual({ run: "/a", log: "/b" });
    expect(directories({})).toEqual({ run: "/var/run/openvswitch", log: "/var/log/openvswitch" });
  });
});
