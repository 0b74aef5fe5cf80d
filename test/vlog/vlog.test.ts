import { mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { applySpecification, formatLevels } from "../../src/vlog/specification.ts";
import { Vlog } from "../../src/vlog/vlog.ts";

let directory: string;
let path: string;
let vlog: Vlog;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "vlog-"));
  path = join(directory, "x.log");
  vlog = new Vlog();
  vlog.setLevel(undefined, "console", "off");
  vlog.openFile(path);
});

afterEach(() => rmSync(directory, { recursive: true }));

const lines = (): string[] => readFileSync(path, "utf8").trimEnd().split("\n");
/** Without the time. */
const texts = (): string[] => lines().map((line) => line.slice(line.indexOf("|") + 1));

describe("the log", () => {
  it("has OVS's form", () => {
    vlog.logger("bridge").info("bridge br0: added interface br0 on port 65534");
    expect(lines()[1]).toMatch(
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z\|00002\|bridge\|INFO\|bridge br0: added interface br0 on port 65534$/,
    );
    expect(texts()[0]).toBe(`00001|vlog|INFO|opened log file ${path}`);
  });

  it("leaves out what is below the module's level, and counts what it writes", () => {
    const { dbg, warn, err, emer } = vlog.logger("netdev");
    dbg("hidden");
    warn("one");
    expect(applySpecification(vlog, "netdev:file:err")).toBeUndefined();
    warn("hidden, too");
    err("two");
    emer("three");
    expect(texts().slice(1)).toEqual(["00002|netdev|WARN|one", "00003|netdev|ERR|two", "00004|netdev|EMER|three"]);
  });

  it("writes a text of several lines as one", () => {
    vlog.logger("bridge").info("one\ntwo");
    expect(texts().slice(1)).toEqual(["00002|bridge|INFO|one", "two"]);
  });

  it("is opened anew under its name when the file was moved away", () => {
    renameSync(path, `${path}.1`);
    vlog.logger("bridge").info("to the old one");
    vlog.reopenFile();
    vlog.logger("bridge").info("to the new one");
    expect(texts()).toEqual(["00003|bridge|INFO|to the new one"]);
  });
});

describe("levels", () => {
  it.each([
    ["netdev:file:dbg", "netdev            INFO       INFO        DBG"],
    ["dbg:netdev", "netdev             DBG        DBG        DBG"],
    ["netdev", "netdev             DBG        DBG        DBG"],
    ["file warn", "netdev            INFO       INFO       WARN"],
    ["ANY,console,off", "netdev             OFF       INFO       INFO"],
  ])("are set by words in any order: %s", (specification, line) => {
    const fresh = new Vlog();
    expect(applySpecification(fresh, specification)).toBeUndefined();
    expect(formatLevels(fresh).split("\n")).toContain(line);
  });

  it("are listed as OVS does", () => {
    const [first, second, third] = formatLevels(new Vlog()).split("\n");
    expect([first, second]).toEqual([
      "                 console    syslog    file",
      "                 -------    ------    ------",
    ]);
    expect(third).toMatch(/^\w+ +INFO {7}INFO {7}INFO$/);
  });

  it.each([
    ["nosuch:info", 'no destination, level, or module "nosuch"'],
    ["info:dbg", "cannot specify multiple levels"],
    ["file:console", "cannot specify multiple destinations"],
    ["bridge:netdev", "cannot specify multiple modules"],
  ])("are refused: %s", (specification, complaint) => {
    expect(applySpecification(new Vlog(), specification)).toBe(complaint);
  });
});
