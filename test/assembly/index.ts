/**
 * The test build of the fast path: everything of the release build, and the internals that unit tests call directly.
 * One line per module, each owner adds the modules under test. No `.ts` here: asc strips it from imports only.
 */
export * from "../../assembly/flow/hash";
export * from "../../assembly/packet/checksum";
export * from "../../assembly/packet/offload";
export * from "../../assembly/packet/parse";
export * from "../../assembly/packet/pool";
export * from "../../assembly/packet/rewrite";
