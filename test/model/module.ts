/**
 * The test build of the fast path (`npm run build` makes it) in this thread, for unit tests of its parts.
 *
 * Each call gives a fresh memory and instance: linear memory is all the state there is.
 */
import { readFileSync } from "node:fs";
import { MEMORY_PAGES } from "../../assembly/memory.ts";

const BUILD = new URL("../../build/fastpath-test.wasm", import.meta.url);
let compiled: WebAssembly.Module | undefined;

export interface FastPath {
  /** Exported functions by name; pointers and u32 come back signed, use `>>> 0`. */
  readonly call: Readonly<Record<string, (...args: (number | bigint)[]) => number>>;
  readonly bytes: Uint8Array;
  readonly view: DataView;
}

/** `host`: the functions that the fast path imports (assembly/io/host.ts); those not given answer 0. */
export function instantiateFastPath(host: Record<string, (...args: number[]) => number> = {}): FastPath {
  compiled ??= new WebAssembly.Module(readFileSync(BUILD));
  const memory = new WebAssembly.Memory({ initial: MEMORY_PAGES, maximum: MEMORY_PAGES, shared: true });
  const env: Record<string, WebAssembly.ImportValue> = { memory };
  for (const { kind, name } of WebAssembly.Module.imports(compiled)) {
    if (kind === "function") env[name] = host[name] ?? (() => 0);
  }
  const instance = new WebAssembly.Instance(compiled, { env });
  return {
    call: instance.exports as FastPath["call"],
    bytes: new Uint8Array(memory.buffer),
    view: new DataView(memory.buffer),
  };
}
