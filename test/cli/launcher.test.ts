import { spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const LAUNCHER = fileURLToPath(new URL("../../src/cli/megaflow", import.meta.url));

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "megaflow-launcher-"));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(program: string, path = "/usr/bin:/bin", cwd = folder) {
  const { status, stdout, stderr } = spawnSync(program, ["version"], { cwd, env: { PATH: path }, encoding: "utf8" });
  return { status, stdout, stderr };
}

/** A copy of the launcher in a package folder of its own, without Node unless the test adds one. */
function packageAt(path: string): string {
  const home = join(folder, path);
  mkdirSync(join(home, "src/cli"), { recursive: true });
  copyFileSync(LAUNCHER, join(home, "src/cli/megaflow"));
  return home;
}

/** A program that prints its name and arguments. */
function fakeNode(path: string, version = "v26.1.0"): void {
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, `#!/bin/sh\n[ "$1" = --version ] && echo ${version} && exit\necho ${path} "$@"\n`);
  chmodSync(path, 0o755);
}

/** The few programs the launcher itself uses, and nothing called node. */
function toolsOnly(): string {
  const bin = join(folder, "tools");
  mkdirSync(bin);
  for (const tool of ["readlink", "dirname"]) symlinkSync(`/usr/bin/${tool}`, join(bin, tool));
  return bin;
}

describe("the launcher", () => {
  it("runs the program with the project's own Node", () => {
    const { status, stdout } = run(LAUNCHER);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^megaflow \d+\.\d+\.\d+ /);
  });

  it("works through symlinks, relative ones of symlinks too, and folders with spaces", () => {
    const home = packageAt("the package");
    fakeNode(join(home, "node_modules/.bin/node"));
    mkdirSync(join(folder, "bin"));
    symlinkSync("../the package/src/cli/megaflow", join(folder, "bin/first"));
    symlinkSync("first", join(folder, "bin/second"));
    const { stdout } = run("bin/second");
    expect(stdout).toBe(`${home}/node_modules/.bin/node ${home}/src/cli/main.ts version\n`);
  });

  it("finds Node where npm puts it for a package installed as a dependency", () => {
    const home = packageAt("app/node_modules/megaflow");
    fakeNode(join(folder, "app/node_modules/.bin/node"));
    symlinkSync("../megaflow/src/cli/megaflow", join(folder, "app/node_modules/.bin/megaflow"));
    const { stdout } = run(join(folder, "app/node_modules/.bin/megaflow"));
    expect(stdout).toBe(`${folder}/app/node_modules/.bin/node ${home}/src/cli/main.ts version\n`);
  });

  it("takes a Node 26 from PATH when the package has none", () => {
    const home = packageAt("alone");
    fakeNode(join(folder, "usr/node"));
    expect(run(join(home, "src/cli/megaflow"), `${folder}/usr:${toolsOnly()}`).stdout).toContain("/usr/node");
  });

  it("says what to do when the only Node is too old", () => {
    const home = packageAt("alone");
    fakeNode(join(folder, "usr/node"), "v20.20.2");
    const { status, stderr } = run(join(home, "src/cli/megaflow"), `${folder}/usr:${toolsOnly()}`);
    expect(status).toBe(3);
    expect(stderr).toBe(
      `megaflow: Node 26 is needed and the one in PATH is v20.20.2: run "npm ci" in ${home}, it brings its own.\n`,
    );
  });

  it("says what to do when there is no Node", () => {
    const home = packageAt("alone");
    const { status, stderr } = run(join(home, "src/cli/megaflow"), toolsOnly());
    expect(status).toBe(3);
    expect(stderr).toBe(`megaflow: no Node 26 found: run "npm ci" in ${home}, it brings its own.\n`);
  });
});
