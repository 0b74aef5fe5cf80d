import { describe, expect, it } from "vitest";
import { messages } from "../../src/openflow/messages/list.ts";
import { recordings } from "./recordings.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

describe.each(recordings())("messages of $path", ({ messages: recorded }) => {
  it("are read and written again byte for byte", () => {
    for (const { n, name, bytes } of recorded) {
      const written = messages.write(messages.read(bytes));
      expect(written.map(hex), `message ${n}, ${name}`).toEqual([hex(bytes)]);
    }
    expect(recorded.length).toBeGreaterThan(10);
  });
});
