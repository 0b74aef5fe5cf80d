/** Recorded output of the real OVN and OVS, under test/data/reference. */
import { globSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../data/reference/", import.meta.url));

export interface RecordedFile {
  /** Below test/data/reference. */
  readonly path: string;
  readonly lines: readonly string[];
}

export function recordedFiles(pattern: string): RecordedFile[] {
  const paths = globSync(pattern, { cwd: root }).sort();
  if (paths.length === 0) throw new Error(`no recorded file is called ${pattern}`);
  return paths.map((path) => ({ path, lines: readFileSync(root + path, "utf8").split("\n") }));
}

/** The ports of the recorded bridge. */
export function portsNamed(names: Readonly<Record<number, string>>): {
  nameOf(port: number): string | undefined;
  numberOf(name: string): number | undefined;
} {
  const numbers = new Map(Object.entries(names).map(([number, name]) => [name, Number(number)]));
  return { nameOf: (port) => names[port], numberOf: (name) => numbers.get(name) };
}
