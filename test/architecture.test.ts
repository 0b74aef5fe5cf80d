/** The house as the README draws it: arrows point down only. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");
/** From the ground up. A folder may import from its own floor's folder and from floors below. */
const floors = [
  ["kernel", "json-rpc", "vlog", "control"],
  ["fastpath"],
  ["slowpath"],
  ["northbound", "openflow", "ovsdb", "unixctl"],
  ["lab"],
  ["cli"],
];

function sources(folder: string): string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => join(folder, file));
}

/** Files of this project that a file imports, relative to the root. */
function imports(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map(([, path]) =>
    relative(root, resolve(root, dirname(file), path)),
  );
}

const floorOf = (path: string): number => floors.findIndex((names) => names.includes(path.split("/")[1]));

it("arrows between the folders of src/ point down only", () => {
  const wrong: string[] = [];
  for (const file of sources("src")) {
    for (const target of imports(file)) {
      // package.json: the one place that says the version.
      if (target.startsWith("assembly/") || target === "package.json") continue;
      const [from, to] = [floorOf(file), floorOf(target)];
      const sameRoom = file.split("/")[1] === target.split("/")[1];
      if (!target.startsWith("src/") || (!sameRoom && to >= from)) wrong.push(`${file} -> ${target}`);
    }
  }
  expect(wrong).toEqual([]);
});

it("every folder of src/ is on a floor", () => {
  expect(sources("src").filter((file) => floorOf(file) < 0)).toEqual([]);
});

it("TypeScript takes only layouts and the memory map from assembly/", () => {
  const taken = new Set(
    sources("src")
      .flatMap(imports)
      .filter((target) => target.startsWith("assembly/")),
  );
  expect([...taken].filter((file) => !/^assembly\/(layout\/[a-z-]+|io\/ring-layout|memory)\.ts$/.test(file))).toEqual(
    [],
  );
});

it("assembly/ imports nothing outside itself", () => {
  const outside = sources("assembly").flatMap((file) =>
    imports(file).filter((target) => !target.startsWith("assembly/")),
  );
  expect(outside).toEqual([]);
});

it("nothing but kernel/ declares system calls", () => {
  const users = sources("src").filter((file) => /from "koffi"/.test(readFileSync(join(root, file), "utf8")));
  expect(users.every((file) => file.startsWith("src/kernel/"))).toBe(true);
});
