import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { namespaceNames } from "../../src/lab/namespaces.ts";
import { megaflow, startMegaflow } from "./support/megaflow.ts";

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-lab-"));
  environment = { MEGAFLOW_RUNDIR: folder };
});

afterEach(async () => {
  await megaflow(["lab", "down"], environment);
  rmSync(folder, { recursive: true, force: true });
});

/** Namespaces of labs that the process `pid` made. */
async function namespacesOf(pid: number): Promise<string[]> {
  return (await namespaceNames()).filter((name) => name.startsWith(`mf${pid}-`));
}

/** A PATH with nothing but what a lab says it needs. */
function bareBin(...programs: string[]): string {
  const bin = join(folder, "bin");
  mkdirSync(bin);
  for (const program of programs) {
    const found = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"].find((place) => existsSync(join(place, program)));
    symlinkSync(join(found!, program), join(bin, program));
  }
  return bin;
}

describe.each(["tap", "veth"])("megaflow lab with %s ports", (ports) => {
  it("answers 50 curls by both servers and leaves nothing behind", async () => {
    const run = startMegaflow(["lab", "--ports", ports], environment);
    const { status, stdout, stderr } = await run.outcome;
    expect(stderr).toBe("");
    expect(stdout).toContain("50 curls: 50 answered, 0 failed");
    const counts = ["i am master", "i am slaver"].map(
      (says) => stdout.match(new RegExp(`ms  ${says}$`, "gm"))?.length ?? 0,
    );
    expect(counts[0] + counts[1]).toBe(50);
    expect(Math.min(...counts)).toBeGreaterThan(0);
    expect(stdout).toMatch(/chi-square \d+\.\d+ \(1 degree of freedom\), p = /);
    expect(status).toBe(0);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("megaflow lab", () => {
  it("needs ip and curl, and no other program: not ethtool either", async () => {
    const path = bareBin("ip", "curl", "sh", "readlink", "dirname");
    for (const ports of ["tap", "veth"]) {
      const { status, stdout, stderr } = await megaflow(["lab", "--ports", ports, "--curls", "12"], {
        ...environment,
        PATH: path,
      });
      expect(stderr).toBe("");
      expect(stdout).toContain("12 curls: 12 answered, 0 failed");
      expect(status).toBe(0);
    }
  });

  it("runs twice side by side", async () => {
    const outcomes = await Promise.all([1, 2].map(() => megaflow(["lab", "--curls", "20"], environment)));
    for (const { status, stdout } of outcomes) {
      expect(stdout).toContain("20 curls: 20 answered, 0 failed");
      expect(status).toBe(0);
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes everything down when it is interrupted", async () => {
    const run = startMegaflow(["lab", "--curls", "100000"], environment);
    await run.printed("i am");
    process.kill(run.pid, "SIGINT");
    const { status, stdout } = await run.outcome;
    expect(stdout).toContain("interrupted: the lab is taken down");
    expect(status).toBe(130);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes everything down when it is interrupted while building", async () => {
    const run = startMegaflow(["lab"], environment);
    while (existsSync(`/proc/${run.pid}`) && (await namespacesOf(run.pid)).length === 0);
    process.kill(run.pid, "SIGTERM");
    expect((await run.outcome).status).toBe(130);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("takes a half-built lab down when a step fails", async () => {
    const run = startMegaflow(["lab", "--rules", join(folder, "no such rules")], environment);
    const { status, stderr } = await run.outcome;
    expect(stderr).toContain("no such rules");
    expect(stderr.trim().split("\n")).toHaveLength(1);
    expect(status).toBe(1);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it("removes what a killed lab left", async () => {
    const run = startMegaflow(["lab", "--curls", "100000"], environment);
    await run.printed("i am");
    process.kill(run.pid, "SIGKILL");
    await run.outcome;
    expect((await namespacesOf(run.pid)).length).toBe(4);
    const { stdout } = await megaflow(["lab", "down"], environment);
    expect(stdout).toBe(`removed mf${run.pid}\n`);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("a lab that stays", () => {
  it("is built, curled, described, viewed and removed by separate commands", async () => {
    const run = startMegaflow(["lab", "up"], environment);
    expect((await run.outcome).status).toBe(0);
    expect((await namespacesOf(run.pid)).length).toBe(4);

    const again = await megaflow(["lab", "up"], environment);
    expect(again.stderr).toContain("a lab is already up");
    expect(again.status).toBe(1);

    const curls = await megaflow(["lab", "curl", "--curls", "20"], environment);
    expect(curls.stdout).toContain("20 curls: 20 answered, 0 failed");
    expect(curls.status).toBe(0);

    const status = await megaflow(["lab", "status"], environment);
    expect(status.stdout).toMatch(/^lab mf\d+: http:\/\/1\.1\.1\.50:8000\/ from /);
    expect(status.stdout).toMatch(/^\s+3\s+veth5\s+tap\s+up .* ls2-veth5$/m);

    expect((await megaflow(["lab", "down"], environment)).status).toBe(0);
    expect(await namespacesOf(run.pid)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);

    const gone = await megaflow(["lab", "curl"], environment);
    expect(gone.stderr).toBe(`megaflow: no lab is up in ${folder}: start one with "megaflow lab up"\n`);
    expect(gone.status).toBe(3);
  });
});
