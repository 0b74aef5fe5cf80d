import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Splitter, StreamError } from "../../src/json-rpc/splitter.ts";

const limits = { bytes: 1000, depth: 10 };

function split(chunks: readonly string[], splitter = new Splitter(limits)): string[] {
  return chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk)));
}

describe("a stream of JSON objects", () => {
  it.each([
    ["one object", ['{"a":1}'], ['{"a":1}']],
    ["two in one piece", ['{"a":1}{"b":2}'], ['{"a":1}', '{"b":2}']],
    ["white space around them", [' \n{"a":1}\r\n\t{} '], ['{"a":1}', "{}"]],
    ["one in many pieces", ['{"a', '":[1,', "{}]}", "{"], ['{"a":[1,{}]}']],
    ["brackets inside strings", ['{"a":"}{]["}'], ['{"a":"}{]["}']],
    ["escaped quotes", ['{"a":"\\"}\\\\"}{}'], ['{"a":"\\"}\\\\"}', "{}"]],
    ["a backslash at the end of a piece", ['{"a":"\\', '"}"}'], ['{"a":"\\"}"}']],
  ])("is cut where they end: %s", (_name, chunks, whole) => {
    expect(split(chunks)).toEqual(whole);
  });

  it("is cut the same however it is torn, in the middle of a character too", () => {
    const object = fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue({ maxDepth: 3 }));
    fc.assert(
      fc.property(fc.array(object, { maxLength: 5 }), fc.array(fc.nat(40)), (objects, sizes) => {
        const texts = objects.map((one) => JSON.stringify(one));
        const bytes = Buffer.from(texts.join(" "));
        const splitter = new Splitter({ bytes: 1 << 20, depth: 100 });
        const found: string[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          found.push(...splitter.push(bytes.subarray(at, at + size)));
          at += size;
        }
        expect(found).toEqual(texts);
      }),
    );
  });

  it.each([
    ["a bare word", "true"],
    ["an array", "[1]"],
    ["a closing bracket", "}"],
    ["garbage after an object", "{}x"],
  ])("ends with an error at %s", (_name, text) => {
    expect(() => split([text])).toThrow(StreamError);
  });

  it("ends with an error at an object that is too long, whole or not", () => {
    expect(() => split([`{"a":"${"x".repeat(1000)}`])).toThrow(/exceeds 1000 bytes/);
    expect(() => split([`{"a":"${"x".repeat(1000)}"}`])).toThrow(/exceeds 1000 bytes/);
    expect(() => split(Array.from({ length: 200 }, () => '{"a":'))).toThrow(StreamError);
  });

  it("ends with an error at too many objects inside each other", () => {
    expect(() => split(['{"a":'.repeat(11)])).toThrow(/nesting depth 10/);
    expect(split([`${'{"a":'.repeat(9)}[]${"}".repeat(9)}`])).toHaveLength(1);
  });

  it("never throws anything but a StreamError, whatever comes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (chunks) => {
        const splitter = new Splitter(limits);
        try {
          for (const chunk of chunks) splitter.push(Buffer.from(chunk));
        } catch (error) {
          expect(error).toBeInstanceOf(StreamError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
