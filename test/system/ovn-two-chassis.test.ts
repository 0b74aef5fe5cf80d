/** Two chassis of unmodified OVN, Geneve between them: ours, and ours with the real Open vSwitch on either side. */
import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { OUR_SWITCH, REAL_SWITCH } from "../../src/lab/ovn/ovn-lab.ts";
import { payload } from "../../src/lab/payload.ts";
import { SERVERS, VIP, WEB_PORT } from "../../src/lab/topology.ts";
import { sharedOvnLab } from "./support/with-ovn-lab.ts";

const SIZE = 4 << 20;
const [MASTER, SLAVER] = SERVERS;

describe.each([
  { name: "ours and ours", switches: [OUR_SWITCH, OUR_SWITCH] },
  {
    name: "ours, the underlay on a bridge of its own, and the real",
    switches: [{ ...OUR_SWITCH, bridged: true }, REAL_SWITCH],
  },
  { name: "the real Open vSwitch and ours", switches: [REAL_SWITCH, OUR_SWITCH] },
])("two chassis, $name", ({ switches }) => {
  const lab = sharedOvnLab({ switches: [switches[0], switches[1]] });
  const inClient = (...words: string[]): Promise<string> => runInNamespace(lab().namespace("ns3"), words);

  it("carry the blog's curls to the servers on both", async () => {
    const answers = (await lab().curls(20)).map(({ answer, error }) => answer ?? error);
    expect(new Set(answers)).toEqual(new Set(SERVERS.map(({ says }) => says)));
  });

  it("carry echo between hosts of one network and of two", async () => {
    for (const [from, to] of [
      ["ns3", MASTER.address],
      ["ns2", MASTER.address],
      ["ns1", SLAVER.address],
    ] as const) {
      const said = await runInNamespace(lab().namespace(from), ["ping", "-c", "3", "-i", "0.1", "-s", "1400", to]);
      expect(said).toContain("3 received");
    }
  });

  it("carry a file unchanged: straight, and from whichever server the balancer takes", async () => {
    const hash = createHash("sha256");
    for await (const block of payload(SIZE)) hash.update(block);
    const expected = hash.digest("hex");
    for (const address of [MASTER.address, SLAVER.address, VIP, VIP, VIP]) {
      const url = `http://${address}:${WEB_PORT}/bytes/${SIZE}`;
      const digest = await inClient("sh", "-c", `curl --silent --show-error --max-time 20 ${url} | sha256sum`);
      expect(digest.split(" ")[0]).toBe(expected);
    }
  });

  it("have Geneve between them", async () => {
    for (const [index, chassis] of lab().chassis.entries()) {
      const other = lab().chassis[1 - index].options;
      const tunnel = `ovn-${other.name}-0`;
      const [type, options, error] = await Promise.all(
        ["type", "options", "error"].map((column) => chassis.vsctl("get", "Interface", tunnel, column)),
      );
      expect([type.trim(), error.trim()]).toEqual(["geneve", "[]"]);
      expect(options).toContain(`remote_ip="${other.underlay?.address}"`);
    }
  });
});
