/**
 * The test build of the fast path: everything of the release build, and the internals that unit tests call directly.
 * One line per module, each owner adds the modules under test.
 */
export * from "../../assembly/flow/hash.ts";
export * from "../../assembly/packet/checksum.ts";
export * from "../../assembly/packet/offload.ts";
export * from "../../assembly/packet/parse.ts";
export * from "../../assembly/packet/pool.ts";
export * from "../../assembly/packet/rewrite.ts";
