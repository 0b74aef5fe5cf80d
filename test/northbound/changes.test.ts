/** What a change does to the switch: the least there is to do, all of it or nothing. */
import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { splitWords } from "../../src/northbound/commands/script-lines.ts";
import { type Changes, Northbound } from "../../src/northbound/northbound.ts";
import { recorded } from "./support/data.ts";

let northbound: Northbound;
let heard: Changes[];

beforeEach(() => {
  northbound = new Northbound();
  northbound.runFile(recorded("northbound/blog.nbctl"));
  for (const [i, port] of ["ls1-veth1", "ls1-veth3", "ls2-veth5"].entries()) northbound.bind(port, i + 1);
  heard = [];
  northbound.onChange((changes) => heard.push(changes));
});

const run = (line: string) => northbound.run(splitWords(line));

describe("a change", () => {
  test("of a backend modifies its group and nothing of any other", () => {
    run('lb-add lb1 1.1.1.51:80 "1.1.1.100:80,1.1.1.200:80"');
    heard = [];
    run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000" tcp');
    expect(heard).toHaveLength(1);
    const [{ flows, groups, flushZones }] = heard;
    expect(groups).toMatchObject({ add: [], delete: [] });
    expect(groups.modify).toEqual([expect.stringMatching(/^group_id=1,.*nat\(dst=1\.1\.1\.200:8000\)/)]);
    expect(flows.add).toEqual([]);
    // The hairpin rule of the backend that went.
    expect(flows.delete).toEqual([expect.stringMatching(/^table=68, .*nw_src=1\.1\.1\.100,/)]);
    expect(flushZones).toEqual([]);
  });

  test("leaves the remaining backend its bucket number", () => {
    run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000" tcp');
    expect(northbound.desired().groups[0]).toContain("bucket=bucket_id:1,weight:100,actions=ct(commit");
    run('--may-exist lb-add lb1 1.1.1.50:8000 "1.1.1.200:8000,1.1.1.7:8000" tcp');
    expect(northbound.desired().groups[0]).toMatch(/bucket_id:1,.*1\.1\.1\.200:8000.*bucket_id:0,.*1\.1\.1\.7:8000/);
  });

  test("that takes one switch away leaves the rules of the others alone", () => {
    run("ls-add ls3 -- lsp-add ls3 p -- lsp-set-addresses p 'aa:aa:aa:00:00:01 3.1.1.1'");
    const others = northbound.desired().flows.filter((flow) => !flow.includes("metadata=0x4"));
    heard = [];
    run("ls-del ls3");
    expect(northbound.desired().flows).toEqual(others);
    expect(heard[0].flows.add).toEqual([]);
    run("ls-add ls4");
    expect(northbound.desired().flows.filter((flow) => !flow.includes("metadata=0x4"))).toEqual(others);
  });

  test("that is undone leaves the rules as they were", () => {
    const before = northbound.desired();
    run('lb-add lb2 1.1.1.60:80 "1.1.1.100:80" -- ls-lb-add ls1 lb2 -- lsp-add ls1 extra');
    run("ls-lb-del ls1 lb2 -- lb-del lb2 -- lsp-del extra");
    expect(northbound.desired()).toEqual(before);
  });

  test("that changes nothing tells nobody", () => {
    run("--may-exist ls-add ls1");
    run("show");
    run("set Logical_Switch ls1 name=ls1");
    expect(heard).toEqual([]);
  });

  test("of several commands arrives as one", () => {
    run("ls-add ls3 -- lsp-add ls3 p -- lsp-set-addresses p 'aa:aa:aa:00:00:01 3.1.1.1'");
    expect(heard).toHaveLength(1);
  });

  test("that binds a port flushes the conntrack zone the port is given", () => {
    run("lsp-add ls1 late");
    northbound.bind("late", 9);
    const zone = /set_field:(0x[0-9a-f]+)->reg13/.exec(
      heard.at(-1)!.flows.add.find((flow) => flow.includes("in_port=9"))!,
    )![1];
    expect(heard.at(-1)!.flushZones).toEqual([Number(zone)]);
  });

  test("that unbinds a port takes its rules away", () => {
    northbound.unbind("ls1-veth1");
    expect(northbound.desired().flows.filter((flow) => flow.includes("in_port=1 "))).toEqual([]);
    expect(northbound.run(["lsp-get-up", "ls1-veth1"]).stdout).toBe("down\n");
  });
});

describe("a call that fails", () => {
  const commands = fc.constantFrom(
    "ls-add ls3",
    "ls-del ls1",
    "lsp-add ls2 new",
    "lsp-del ls1-veth1",
    'lsp-set-addresses ls1-veth1 "aa:aa:aa:11:11:01 1.1.1.9"',
    "lb-add lb9 9.9.9.9:80 1.1.1.100:80",
    "lb-del lb1",
    "ls-lb-del ls2",
    "lr-lb-add r1 lb1",
    "lrp-del r1-p1",
    "lr-route-add r1 0.0.0.0/0 1.1.1.254",
    "set Load_Balancer lb1 selection_fields=ip_src",
    "set Logical_Router r1 options:chassis=here",
    "clear Load_Balancer lb1 vips",
    "lr-del r1",
  );
  const failures = fc.constantFrom(
    "ls-del nowhere",
    "lsp-add nowhere p",
    "lb-add lbx nonsense 1.1.1.1",
    "no-such-command",
    "set Load_Balancer lb1 protocol=icmp",
    "set Logical_Switch_Port ls2-veth5 name=ls2-p2",
    "set Logical_Switch ls2 ports=4e84c1c6-0000-4000-8000-000000000000",
    "lr-nat-add r1 snat 1.1.1.1 2.1.1.0/24",
    "get Load_Balancer lb1 nothing",
  );

  test("changes nothing, whatever its other commands did", () => {
    const everything = () => JSON.stringify([northbound.desired(), contents(northbound)]);
    const before = everything();
    fc.assert(
      fc.property(fc.array(commands, { maxLength: 5 }), failures, (lines, failure) => {
        const outcome = run([...lines, failure].join(" -- "));
        expect(outcome).toMatchObject({ stdout: "", exitCode: 1 });
        expect(outcome.stderr).toMatch(/^ovn-nbctl: .*\n$/);
        expect(heard).toEqual([]);
        expect(everything()).toBe(before);
      }),
      { numRuns: 100 },
    );
  });

  test("says what is not supported by name", () => {
    expect(run("lr-nat-add r1 snat 1.1.1.1 2.1.1.0/24").stderr).toBe(
      "ovn-nbctl: 'lr-nat-add' command is not supported by the embedded control plane\n",
    );
    expect(run("list NAT").stderr).toBe("ovn-nbctl: table NAT is not supported by the embedded control plane\n");
    expect(run("lsp-set-type ls1-veth1 localnet").stderr).toContain("not supported by the embedded control plane");
    expect(run("set Load_Balancer lb1 options:affinity_timeout=60").stderr).toBe(
      "ovn-nbctl: options:affinity_timeout is not supported by the embedded control plane\n",
    );
    expect(run("lsp-add ls1 child ls1-veth1 5").stderr).toContain("nested containers are not supported");
  });
});

const contents = ({ database }: Northbound) =>
  (["Logical_Switch", "Logical_Switch_Port", "Logical_Router", "Logical_Router_Port", "Load_Balancer"] as const).map(
    (table) =>
      database.rows(table).map((row) => Object.entries(row).map(([k, v]) => [k, v instanceof Map ? [...v] : v])),
  );

test("a file of calls stops at the first that fails, and says which", () => {
  const outcome = northbound.runFile("ls-add ls8\n# a comment\nls-add ls8\nls-add ls9\n");
  expect(outcome).toEqual({
    stdout: "",
    stderr: "ls-add ls8\novn-nbctl: ls8: a switch with this name already exists\n",
    exitCode: 1,
  });
  expect(run("ls-list").stdout).not.toContain("ls9");
});

test("stages have OVN's names, by the datapath's kind", () => {
  expect(northbound.stageName(20, 0x2)).toBe("ls_in_lb");
  expect(northbound.stageName(20, 0x3)).toBe("lr_in_ip_routing_pre");
  expect(northbound.stageName(48, 0x3n)).toBe("lr_out_delivery");
  expect(northbound.stageName(51, 0x1)).toBe("ls_out_apply_port_sec");
  expect(northbound.stageName(65, 0x1)).toBe("logical to physical");
  expect(northbound.stageName(20, 0x99)).toBeUndefined();
});
