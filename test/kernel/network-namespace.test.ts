import { readlinkSync } from "node:fs";
import { expect, it } from "vitest";
import { inNamespace, namespacePath } from "../../src/kernel/network-namespace.ts";

it.each([
  ["blue", "/run/netns/blue"],
  ["/proc/1/ns/net", "/proc/1/ns/net"],
])("%s is the namespace at %s", (namespace, path) => {
  expect(namespacePath(namespace)).toBe(path);
});

it("a visit to nowhere stays here and gives its result back", () => {
  const here = readlinkSync("/proc/thread-self/ns/net");
  expect(inNamespace(undefined, () => readlinkSync("/proc/thread-self/ns/net"))).toBe(here);
});

it("a namespace that does not exist is named in the error", () => {
  expect(() => inNamespace("no-such-namespace", () => 0)).toThrow(
    "network namespace /run/netns/no-such-namespace: ENOENT",
  );
});
