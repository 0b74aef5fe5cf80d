import { expect, it } from "vitest";
import * as layout from "../../assembly/layout/counter.ts";
import { DROP_REASON_LIST, dropReasonName } from "../../src/fastpath/drop-reasons.ts";

const reasons = Object.entries(layout).filter(([name]) => name.startsWith("DROP_") && name !== "DROP_REASONS");

it("every drop reason of the layout has a name and a sentence", () => {
  expect(DROP_REASON_LIST).toHaveLength(layout.DROP_REASONS);
  expect(reasons.map(([, reason]) => reason).toSorted((a, b) => a - b)).toEqual(DROP_REASON_LIST.map((_, i) => i));
  for (const { name, sentence } of DROP_REASON_LIST) {
    expect(name).toMatch(/^[a-z_]+$/);
    expect(sentence).toMatch(/^[A-Z].*\.$/);
  }
  expect(new Set(DROP_REASON_LIST.map((reason) => reason.name)).size).toBe(DROP_REASON_LIST.length);
});

it("a reason nobody defined still has a name", () => {
  expect(dropReasonName(99)).toBe("reason_99");
});
