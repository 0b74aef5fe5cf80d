/**
 * One number for all that assembly/layout/ and the memory map say: two builds that agree on it agree on every byte.
 *
 * What: a hash of those files without comments and spacing. The build gives it to the module as LAYOUT_HASH; it is compared when
 *   a module is loaded, and stands in the header of every region that outlives a process.
 */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";

const ASSEMBLY = new URL("../../assembly/", import.meta.url);
let known: number | undefined;

/** A positive i32, as `asc --use` takes it. */
export function layoutHash(): number {
  known ??= hashOf(layoutSources());
  return known;
}

function layoutSources(): string[] {
  const names = readdirSync(new URL("layout/", ASSEMBLY)).filter((name) => name.endsWith(".ts"));
  return [...names.sort().map((name) => `layout/${name}`), "memory.ts"].map((name) =>
    readFileSync(new URL(name, ASSEMBLY), "utf8"),
  );
}

export function hashOf(sources: readonly string[]): number {
  const hash = createHash("sha256");
  for (const source of sources) hash.update(`${meaning(source)}\n`);
  return hash.digest().readUInt32LE(0) & 0x7fff_ffff || 1;
}

/** What is left without comments and spacing. There are no strings in layouts that could look like one. */
function meaning(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\//g, "")
    .replace(/\/\/.*$/gm, "")
    .replace(/\s+/g, " ")
    .trim();
}
