/** Recorded sessions of ovn-controller, sent to our server: it answers as the real switch did. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { TestClient } from "./client.ts";
import { recordings } from "./recordings.ts";
import { TestServer } from "./test-server.ts";

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");
/** What a switch sends when it likes, and not in answer: by name in the recording. */
const unasked = /ECHO_REQUEST|PACKET_IN|PORT_STATUS/;
const isHello = (bytes: Uint8Array): boolean => bytes[1] === 0;
/** The transaction id of the switch's own HELLO is anybody's. */
const helloOf = (all: readonly Uint8Array[]): string[] => all.filter(isHello).map((bytes) => hex(bytes.subarray(0, 4)));
const othersOf = (all: readonly Uint8Array[]): string[] => all.filter((bytes) => !isHello(bytes)).map(hex);

describe.each(recordings())("the session of $path", ({ messages: recorded }) => {
  let server: TestServer;
  beforeEach(async () => {
    // Packet-outs name ports that the recording's switch had.
    server = await TestServer.start(8);
  });
  afterEach(() => server.close());

  it("gets the recorded replies", async () => {
    const socket = connect(server.path);
    await once(socket, "connect");
    const client = new TestClient(socket);
    // Answers to questions that our switch has not asked are no part of it.
    const asked = recorded.filter(({ direction, name }) => direction === "c2s" && !name.includes("ECHO_REPLY"));
    const expected = recorded
      .filter(({ direction, name }) => direction === "s2c" && !unasked.test(name))
      .map(({ bytes }) => bytes);
    for (const { bytes } of asked) client.sendBytes(bytes);
    const replies: Uint8Array[] = [];
    while (replies.length < expected.length) {
      const bytes = await client.nextBytes();
      if (!bytes) throw new Error(`the connection ended after ${replies.length} replies`);
      replies.push(bytes);
    }
    client.close();
    expect(helloOf(replies)).toEqual(helloOf(expected));
    expect(othersOf(replies)).toEqual(othersOf(expected));
    expect(server.logged.filter(({ message }) => message.includes("refused"))).toEqual([]);
  });
});
