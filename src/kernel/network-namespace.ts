/**
 * Network namespaces by path or by name under /run/netns.
 *
 * Invariants: setns(2) changes the calling thread only. Every visit is synchronous and restores the namespace before it
 *   returns, so nothing else ever runs elsewhere. Nothing here keeps a namespace alive: no descriptor outlives its call.
 */
import { check } from "./errno.ts";
import { close, open, setns } from "./system-calls.ts";

const O_RDONLY = 0;
const O_CLOEXEC = 0o2000000;
const CLONE_NEWNET = 0x40000000;
const NAMED = "/run/netns";
/** The calling thread's: /proc/self/ns/net would be the main thread's. */
const CURRENT = "/proc/thread-self/ns/net";

/** "/run/netns/blue" for "blue"; paths stay as they are. */
export function namespacePath(namespace: string): string {
  return namespace.includes("/") ? namespace : `${NAMED}/${namespace}`;
}

/** Calls `use` with a descriptor of the namespace that is open during the call only. */
export function withNamespaceDescriptor<T>(namespace: string, use: (descriptor: number) => T): T {
  const path = namespacePath(namespace);
  const descriptor = check(open(path, O_RDONLY | O_CLOEXEC, 0), `network namespace ${path}`);
  try {
    return use(descriptor);
  } finally {
    close(descriptor);
  }
}

/** Runs `visit`, which must be synchronous, inside the namespace; undefined is where the thread is already. */
export function inNamespace<T>(namespace: string | undefined, visit: () => T): T {
  if (namespace === undefined) return visit();
  return withNamespaceDescriptor(CURRENT, (home) =>
    withNamespaceDescriptor(namespace, (away) => {
      check(setns(away, CLONE_NEWNET), `setns to ${namespace}`);
      try {
        return visit();
      } finally {
        check(setns(home, CLONE_NEWNET), "setns back");
      }
    }),
  );
}
