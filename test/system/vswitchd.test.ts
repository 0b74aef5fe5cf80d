/** Our ovs-vswitchd between the stock ovsdb-server and the stock tools. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { describe, expect, it, vi } from "vitest";
import { ip, tryInNamespace } from "../../src/lab/namespaces.ts";
import { runProgram } from "../../src/lab/run-program.ts";
import { PROGRAM, withVswitchd } from "./support/with-vswitchd.ts";

const SOON = { timeout: 10_000, interval: 100 };

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe("the daemon", () => {
  it("is ready when --detach returns, says nothing, and is found by ovs-appctl", () =>
    withVswitchd(async (world) => {
      const { status, stdout, stderr } = await world.try(PROGRAM, "--version");
      expect({ status, stderr, first: stdout.split("\n")[0] }).toEqual({
        status: 0,
        stderr: "",
        first: "ovs-vswitchd (Open vSwitch) 3.1.0",
      });
      expect(isRunning(world.pid)).toBe(true);
      expect(await world.appctl("version")).toBe("ovs-vswitchd (Open vSwitch) 3.1.0\n");
      expect(await world.appctl("list-commands")).toContain("  ofproto/trace ");
      const unknown = await world.try("ovs-appctl", "-t", "ovs-vswitchd", "no-such-command");
      expect(unknown.status).toBe(2);
      expect(unknown.stderr).toContain('"no-such-command" is not a valid command');
    }));

  it("refuses to run twice on one pidfile", () =>
    withVswitchd(async (world) => {
      const second = await world.try(PROGRAM, "--detach", "--no-chdir", "--pidfile");
      expect(second.status).toBe(1);
      expect(second.stderr).toMatch(/ovs-vswitchd\.pid: already running as pid \d+, aborting/);
      expect(await world.appctl("version")).toContain("ovs-vswitchd");
    }));

  it.each(["exit", "exit --cleanup"])("leaves nothing behind after %s", (command) =>
    withVswitchd(async (world) => {
      await world.vsctl(
        "add-br",
        "br0",
        "--",
        "add-port",
        "br0",
        "i0",
        "--",
        "set",
        "Interface",
        "i0",
        "type=internal",
      );
      const { pid } = world;
      await world.appctl(...command.split(" "));
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), SOON);
      expect(readdirSync(world.directory).filter((name) => /vswitchd\..*(pid|ctl)|mgmt|snoop/.test(name))).toEqual([]);
      expect(await ip("-n", world.namespace, "-brief", "link")).not.toMatch(/br0|i0/);
    }),
  );

  it("leaves nothing behind after SIGTERM", () =>
    withVswitchd(async (world) => {
      const { pid } = world;
      process.kill(pid, "SIGTERM");
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), SOON);
      expect(readdirSync(world.directory).filter((name) => /vswitchd\..*(pid|ctl)/.test(name))).toEqual([]);
    }));

  it("is started again by its monitor when it is killed by what only a broken program dies of", () =>
    withVswitchd(async (world) => {
      await world.start("--monitor");
      const { pid } = world;
      await world.vsctl("add-br", "br0");
      process.kill(pid, "SIGSEGV");
      await vi.waitFor(() => expect(world.pid).not.toBe(pid), SOON);
      await vi.waitFor(async () => expect(await world.appctl("ofproto/list")).toBe("br0\n"), SOON);
      expect(world.log).toContain(`pid ${pid} died, killed (SIGSEGV), restarting`);
      const second = world.pid;
      await world.appctl("exit");
      await vi.waitFor(() => expect(isRunning(second)).toBe(false), SOON);
    }, false));

  it("tells what is wrong with its command line", () =>
    withVswitchd(async (world) => {
      for (const [words, sentence] of [
        [["--nosuch"], "unrecognized option '--nosuch'"],
        [["--detach", "ssl:1.2.3.4:6640"], "ssl is not supported"],
        [["--detach", "-vnosuch:info"], 'no destination, level, or module "nosuch"'],
      ] as const) {
        const { status, stderr } = await world.try(PROGRAM, ...words);
        expect({ status, said: stderr.includes(sentence) }).toEqual({ status: 1, said: true });
      }
    }, false));
});

describe("bridges and ports", () => {
  it("come and go as ovs-vsctl says, with the columns that the real one fills", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "other-config:hwaddr=0a:00:00:00:00:01");
      await world.addHost("p1", "10.0.0.1/24");
      await world.vsctl("add-port", "br0", "p1");
      expect(await world.interface("p1", "ofport")).toBe("1");
      expect(await world.interface("br0", "ofport")).toBe("65534");
      expect(await world.interface("br0", "mac_in_use")).toBe('"0a:00:00:00:00:01"');
      expect(await world.vsctl("get", "Bridge", "br0", "datapath_id")).toBe('"00000a0000000001"\n');
      expect(await world.interface("p1", "status")).toBe(
        '{driver_name=veth, driver_version="1.0", firmware_version=""}',
      );
      expect(await world.interface("p1", "mtu")).toBe("1500");
      await vi.waitFor(async () => expect(await world.interface("p1", "link_state")).toBe("up"), SOON);
      const root = await world.vsctl("--columns=cur_cfg,next_cfg", "--bare", "list", "Open_vSwitch");
      expect(new Set(root.trim().split("\n")).size).toBe(1);
      expect(await world.appctl("dpif/show")).toMatch(
        /br0:\n {4}br0 65534\/\d+: \((tap|internal)\)\n {4}p1 1\/\d+: \(system\)/,
      );
      await world.vsctl("del-port", "p1");
      await world.vsctl("del-br", "br0");
      expect(await ip("-n", world.namespace, "-brief", "link")).not.toContain("br0");
      expect(await world.appctl("ofproto/list")).toBe("");
    }));

  it("switch between veths, by patch ports too", () =>
    withVswitchd(async (world) => {
      const patch = (bridge: string, name: string, peer: string): string[] => [
        ...["add-port", bridge, name, "--", "set", "Interface", name, "type=patch", `options:peer=${peer}`, "--"],
      ];
      await world.vsctl("add-br", "br0", "--", "add-br", "br1");
      await world.vsctl(...patch("br0", "to1", "to0"), ...patch("br1", "to0", "to1"), "list-br");
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.addHost("p2", "10.0.0.2/24");
      await world.vsctl("add-port", "br0", "p1", "--", "add-port", "br1", "p2");
      const ping = () => tryInNamespace(host, ["ping", "-c", "1", "-W", "1", "10.0.0.2"]);
      await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
      await world.vsctl("set", "Interface", "to1", "options:peer=elsewhere");
      await vi.waitFor(async () => expect((await ping()).status).not.toBe(0), SOON);
    }));

  it("of type afxdp carry frames by AF_XDP, or by a packet socket and say why not", () =>
    withVswitchd(async (world) => {
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.addHost("p2", "10.0.0.2/24");
      await world.addHost("p3", "10.0.0.3/24");
      await runProgram(["ip", "-n", world.namespace, "link", "set", "p3", "mtu", "3000"]);
      const port = (name: string): string[] => [
        "--",
        "add-port",
        "br0",
        name,
        "--",
        "set",
        "Interface",
        name,
        "type=afxdp",
      ];
      await world.vsctl("add-br", "br0", ...port("p1"), ...port("p2"), ...port("p3"));
      for (const address of ["10.0.0.2", "10.0.0.3"]) {
        const ping = () => tryInNamespace(host, ["ping", "-c", "1", "-W", "1", address]);
        await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
      }
      const modes = ["p1", "p2", "p3"].map((name) => world.interface(name, "status"));
      const [first, second, third] = await Promise.all(modes);
      for (const status of [first, second]) expect(status).toContain("xdp-mode=native");
      expect(third).toContain('xdp-refused="the MTU of p3 is 3000: AF_XDP takes up to 1774"');
      expect(await world.vsctl("find", "Interface", "error!=[]")).toBe("");
    }));

  it("may be more than have long rings", () =>
    withVswitchd(async (world) => {
      const devices = Array.from({ length: 140 }, (_, i) => `v${i}`);
      const links = devices.map((name) => `link add ${name} up type veth peer name ${name}o`).join("\n");
      await runProgram(["ip", "-n", world.namespace, "-batch", "-"], { input: links });
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.addHost("p2", "10.0.0.2/24");
      await world.vsctl("add-br", "br0", "--", "add-port", "br0", "p1");
      await world.vsctl(...devices.flatMap((name) => ["--", "add-port", "br0", name]).slice(1));
      await world.vsctl("add-port", "br0", "p2");
      expect(await world.vsctl("find", "Interface", "error!=[]")).toBe("");
      expect(await world.interface("p2", "ofport")).toBe("142");
      const ping = () => tryInNamespace(host, ["ping", "-c", "1", "-W", "1", "10.0.0.2"]);
      await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
    }));

  it("keep VLANs apart", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.addHost("p2", "10.0.0.2/24");
      await world.vsctl("add-port", "br0", "p1", "tag=10", "--", "add-port", "br0", "p2", "tag=10");
      const ping = () => tryInNamespace(host, ["ping", "-c", "1", "-W", "1", "10.0.0.2"]);
      await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
      await world.vsctl("set", "Port", "p2", "tag=20");
      expect((await ping()).status).not.toBe(0);
      await world.vsctl("clear", "Port", "p1", "tag", "--", "clear", "Port", "p2", "tag");
      await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
    }));

  it("that cannot be had say why, do not hold up ovs-vsctl, and work when they can", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      const missing = await world.try("ovs-vsctl", "--timeout=10", "add-port", "br0", "p1");
      expect(missing.stderr).toContain(
        "Error detected while setting up 'p1': could not open network device p1 (No such device).",
      );
      expect(await world.interface("p1", "ofport")).toBe("-1");
      const odd = ["add-port", "br0", "g1", "--", "set", "Interface", "g1", "type=gre", "options:remote_ip=1.2.3.4"];
      expect((await world.try("ovs-vsctl", "--timeout=10", ...odd)).stderr).toContain("type gre are not supported");
      await world.addHost("p1", "10.0.0.1/24");
      await vi.waitFor(async () => expect(await world.interface("p1", "error")).toBe("[]"), SOON);
      expect(await world.interface("p1", "ofport")).toBe("1");
      await ip("-n", world.namespace, "link", "delete", "p1");
      await vi.waitFor(async () => expect(await world.interface("p1", "ofport")).toBe("-1"), SOON);
    }));

  it("take the number, address and MTU that were asked for", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      await world.vsctl(
        ...["add-port", "br0", "i0", "--", "set", "Interface", "i0", "type=internal", "ofport_request=77"],
        ...["mtu_request=1400", 'mac="0a:00:00:00:00:77"'],
      );
      expect(await world.interface("i0", "ofport")).toBe("77");
      const link = await ip("-n", world.namespace, "link", "show", "i0");
      expect(link).toContain("mtu 1400");
      expect(link).toContain("0a:00:00:00:00:77");
      expect(await world.interface("i0", "mac_in_use")).toBe('"0a:00:00:00:00:77"');
      await world.vsctl("set", "Interface", "i0", "mtu_request=1300");
      expect(await world.interface("i0", "mtu")).toBe("1300");
    }));

  it("follow their links", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.vsctl("add-port", "br0", "p1");
      await vi.waitFor(async () => expect(await world.interface("p1", "link_state")).toBe("up"), SOON);
      await ip("-n", host, "link", "set", "eth0", "down");
      await vi.waitFor(async () => expect(await world.interface("p1", "link_state")).toBe("down"), SOON);
      expect(Number(await world.interface("p1", "link_resets"))).toBeGreaterThan(0);
    }));
});

describe("the database server", () => {
  it("may be restarted: traffic goes on, and changes arrive afterwards", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0");
      const host = await world.addHost("p1", "10.0.0.1/24");
      await world.addHost("p2", "10.0.0.2/24");
      await world.vsctl("add-port", "br0", "p1", "--", "add-port", "br0", "p2");
      await world.stopDatabase();
      const ping = () => tryInNamespace(host, ["ping", "-c", "1", "-W", "1", "10.0.0.2"]);
      await vi.waitFor(async () => expect((await ping()).status).toBe(0), SOON);
      await world.startDatabase();
      await world.run(
        "ovs-vsctl",
        "--timeout=20",
        "add-port",
        "br0",
        "i0",
        "--",
        "set",
        "Interface",
        "i0",
        "type=internal",
      );
      expect(await world.interface("i0", "ofport")).toBe("3");
      expect(await world.interface("p1", "ofport")).toBe("1");
    }));

  it("keeps the ports' numbers for a switch that is restarted", () =>
    withVswitchd(async (world) => {
      await world.vsctl("add-br", "br0", "--", "set", "Bridge", "br0", "fail_mode=secure");
      for (const name of ["p1", "p2", "p3"]) await world.addHost(name, "10.0.0.1/24");
      await world.vsctl("add-port", "br0", "p1", "--", "add-port", "br0", "p2");
      await world.vsctl("del-port", "p1");
      const { pid } = world;
      await world.appctl("exit");
      await vi.waitFor(() => expect(isRunning(pid)).toBe(false), SOON);
      await world.start();
      await world.vsctl("add-port", "br0", "p3");
      expect(await world.interface("p2", "ofport")).toBe("2");
      expect(await world.interface("p3", "ofport")).toBe("1");
    }));

  it("may know an older way to follow tables only", () =>
    withVswitchd(async (world) => {
      await world.run("ovs-appctl", "-t", "ovsdb-server", "ovsdb-server/disable-monitor-cond");
      await world.start();
      await world.vsctl("add-br", "br0");
      expect(await world.interface("br0", "ofport")).toBe("65534");
    }, false));

  it("lets one switch write at a time", () =>
    withVswitchd(async (world) => {
      const options = [`--pidfile=${world.file("two.pid")}`, `--unixctl=${world.file("two.ctl")}`];
      await world.run(PROGRAM, "--detach", "--no-chdir", `--log-file=${world.file("two.log")}`, ...options);
      await world.vsctl("add-br", "br0");
      expect(await world.run("ovs-appctl", "-t", world.file("two.ctl"), "ofproto/list")).toBe("");
      expect(readFileSync(world.file("two.log"), "utf8")).toContain("another ovs-vswitchd process is running");
      expect(existsSync(world.file("ovs-vswitchd.log"))).toBe(true);
    }));
});
