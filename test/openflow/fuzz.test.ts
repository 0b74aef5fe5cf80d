import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { messages } from "../../src/openflow/messages/list.ts";
import { OpenFlowError } from "../../src/openflow/wire/errors.ts";
import { OF10, OF13, OF15 } from "../../src/openflow/wire/version.ts";
import { mutate, randomNumbers } from "./mutations.ts";
import { recordings } from "./recordings.ts";
import { TestServer } from "./test-server.ts";

/** One of each kind and length: mutating the same rule a thousand times finds nothing new. */
const samples = [
  ...new Map(
    recordings()
      .flatMap((recording) => recording.messages)
      .map(({ name, bytes }) => [`${name} ${bytes.length}`, bytes]),
  ).values(),
];

describe("the codec, given messages gone wrong", () => {
  it("reads them, and can write what it read, or throws an OpenFlowError, whatever the version they claim", () => {
    const random = randomNumbers(20_231_123);
    let refused = 0;
    for (let i = 0; i < 60_000; i++) {
      const bytes = mutate(samples[random(samples.length)], random);
      if (random(3) === 0) bytes[0] = 1 + random(6);
      try {
        const options = { tableInCommand: random(2) === 0, isTunnelOption: (index: number) => index === 0 };
        messages.write(messages.read(bytes, options), options);
      } catch (error) {
        if (!(error instanceof OpenFlowError)) throw error;
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(10_000);
    expect(refused).toBeLessThan(59_000);
  });

  it("reads random bytes behind every type, or throws an OpenFlowError", () => {
    const random = randomNumbers(7);
    for (let i = 0; i < 20_000; i++) {
      const bytes = Uint8Array.from({ length: 8 + random(120) }, () => random(4) && random(256));
      bytes[0] = 1 + random(6);
      bytes[1] = random(36);
      new DataView(bytes.buffer).setUint16(2, bytes.length);
      try {
        messages.read(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(OpenFlowError);
      }
    }
  });
});

describe("the server, given 10,000 messages gone wrong", () => {
  let server: TestServer;
  beforeEach(async () => {
    server = await TestServer.start(4);
  });
  afterEach(() => server.close());

  it("answers errors or hangs up, logs a bounded number of lines, and serves others all the while", async () => {
    const random = randomNumbers(10_000);
    const witness = await server.connect(OF15);
    let errors = 0;
    for (let round = 0; round < 100; round++) {
      const client = await server.connect([OF10, OF13, OF15][round % 3]);
      for (let i = 0; i < 100; i++) {
        const bytes = mutate(samples[random(samples.length)], random);
        bytes[0] = client.version;
        client.sendBytes(bytes);
      }
      // Some streams end in the middle of a message, and then nothing more can be asked on them.
      client.socket.end();
      for (let bytes = await client.nextBytes(); bytes; bytes = await client.nextBytes()) if (bytes[1] === 1) errors++;
      client.close();
      expect(await witness.replies()).toEqual([]);
    }
    expect(errors).toBeGreaterThan(3000);
    expect(server.logged.length).toBeLessThan(2000);
    expect(server.logged.filter(({ message }) => message.includes("could not be handled"))).toEqual([]);
    // The switch still does what it is told.
    await server.lab.switch.apply(server.lab.modifications(["priority=65535,in_port=1 actions=output:2"]));
    expect([...server.lab.bridge.tables.rules()].length).toBeGreaterThan(0);
  });

  it("hangs up on a stream that cannot be cut into messages, with a line in the log", async () => {
    const client = await server.connect();
    client.sendBytes(Uint8Array.of(6, 2, 0, 4, 0, 0, 0, 0));
    await client.ended();
    expect(server.logged.map(({ message }) => message)).toContain("OpenFlow peer sent what is no OpenFlow");
  });
});
