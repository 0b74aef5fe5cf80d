/** A database server gone mad: whatever it says is taken, or refused by an Error that closes the connection; nothing else. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Json, parseMessage } from "../../src/json-rpc/message.ts";
import { Splitter, StreamError } from "../../src/json-rpc/splitter.ts";
import { DatumError } from "../../src/ovsdb/datum.ts";
import { readConfiguration } from "../../src/ovsdb/reconciler/configuration.ts";
import { SELECTION } from "../../src/ovsdb/reconciler/tables.ts";
import { Replica } from "../../src/ovsdb/replica.ts";
import { parseSchema, SchemaError } from "../../src/ovsdb/schema.ts";
import { recordedSchema, recordedSession } from "./support/schema.ts";

const session = recordedSession();
const schema = parseSchema(recordedSchema(session));
const updates = session.filter(({ msg }) => msg.method === "update3").map(({ msg }) => msg.params[2]);
const initial = session.find(({ n }) => n === 8)!.msg.result[2];

/** Somewhere inside the JSON value something else is put. */
function mutate(value: unknown, path: readonly number[], put: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined || typeof value !== "object" || value === null) return put;
  const keys = Object.keys(value);
  if (keys.length === 0) return put;
  const key = keys[step % keys.length];
  const changed = mutate((value as Record<string, unknown>)[key], rest, put);
  return Array.isArray(value)
    ? value.map((item, i) => (String(i) === key ? changed : item))
    : { ...value, [key]: changed };
}

const odd = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }),
  fc.constantFrom(null, [], {}, ["set", []], ["map", []], ["uuid", 5], ["map", [["a"]]], -1, "", "__proto__", 1e300),
);
const path = fc.array(fc.nat(30), { maxLength: 7 });

describe("a client of a mad server", () => {
  it("takes or refuses 10 000 mutated updates, and can read the configuration of those it takes", () => {
    fc.assert(
      fc.property(
        fc.nat(updates.length - 1),
        path,
        odd,
        fc.constantFrom("update", "update2"),
        (at, where, put, method) => {
          const replica = new Replica(schema, SELECTION);
          replica.apply("update2", initial);
          for (const update of updates.slice(0, 2)) applyKnown(replica, update);
          try {
            replica.apply(method as "update" | "update2", mutate(updates[at], where, put) as never);
          } catch (error) {
            expect(error).toBeInstanceOf(DatumError);
            return;
          }
          readConfiguration(replica);
        },
      ),
      { numRuns: 10_000 },
    );
  });

  it("takes or refuses mutated schemas", () => {
    const good = recordedSchema(session);
    fc.assert(
      fc.property(path, odd, (where, put) => {
        try {
          parseSchema(mutate(good, where, put) as never);
        } catch (error) {
          expect(error).toBeInstanceOf(SchemaError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it("takes or refuses torn and overwritten text", () => {
    const texts = session.filter(({ dir }) => dir === "s2c").map(({ msg }) => JSON.stringify(msg));
    fc.assert(
      fc.property(fc.nat(texts.length - 1), fc.nat(), fc.uint8Array({ maxLength: 8 }), (at, offset, garbage) => {
        const bytes = Buffer.from(texts[at]);
        bytes.set(garbage.subarray(0, Math.max(0, bytes.length - 8)), offset % Math.max(1, bytes.length - 8));
        const splitter = new Splitter({ bytes: 1 << 20, depth: 100 });
        try {
          for (const text of splitter.push(bytes)) parseMessage(text);
        } catch (error) {
          expect(error).toBeInstanceOf(StreamError);
        }
      }),
      { numRuns: 5000 },
    );
  });
});

/** Updates of rows that other recorded updates made are of no use alone. */
function applyKnown(replica: Replica, update: Json): void {
  try {
    replica.apply("update2", update);
  } catch (error) {
    if (!(error instanceof DatumError)) throw error;
  }
}
