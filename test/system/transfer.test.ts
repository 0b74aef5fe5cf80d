import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { Lab } from "../../src/lab/lab.ts";
import { runInNamespace } from "../../src/lab/namespaces.ts";
import { payload } from "../../src/lab/payload.ts";
import { withLab } from "./support/with-lab.ts";

const MIB = 1 << 20;
const GIB = 1 << 30;

const LEGS = [
  ...[1500, 9000].flatMap((mtu) =>
    [true, false].flatMap((offloads) => (["tap", "veth"] as const).map((ports) => ({ ports, offloads, mtu }))),
  ),
  { ports: "af_xdp", offloads: true, mtu: 1500 },
] as const;

/** sha256 of `size` bytes of the payload. */
function digest(size: number): string {
  const hash = createHash("sha256");
  for (const block of payload(size)) hash.update(block);
  return hash.digest("hex");
}

const DOWNLOADED = digest(GIB);
const UPLOADED = digest(64 * MIB);

/** Downloads through the virtual address and gives the sha256 of what came, with the seconds it took. */
async function download(lab: Lab, size: number): Promise<{ sha256: string; seconds: number }> {
  const command = `curl --silent --show-error --fail --max-time 120 ${lab.url}bytes/${size} | sha256sum`;
  const start = performance.now();
  const output = await runInNamespace(lab.namespace("ns3"), ["sh", "-c", command]);
  return { sha256: output.split(" ")[0], seconds: (performance.now() - start) / 1000 };
}

/** Sends the payload up through the virtual address; the server's sha256 of what it got. */
async function upload(lab: Lab, size: number): Promise<string> {
  const source = `${lab.url}digest`;
  const payloadModule = new URL("../../src/lab/payload.ts", import.meta.url).href;
  const generator = `import { payload } from ${JSON.stringify(payloadModule)};
    import { Readable } from "node:stream";
    Readable.from(payload(${size})).pipe(process.stdout);`;
  const command = `"$0" --input-type=module-typescript -e "$1" | curl --silent --show-error --fail --max-time 120 -T - ${source}`;
  const output = await runInNamespace(lab.namespace("ns3"), ["sh", "-c", command, process.execPath, generator]);
  return output.trim();
}

describe.each(LEGS)("1 GiB over $ports, offloads $offloads, MTU $mtu", (options) => {
  it("arrives intact through the virtual address, and 64 MiB the other way", async () => {
    await withLab(options, async (lab) => {
      const { sha256, seconds } = await download(lab, GIB);
      const rate = (GIB * 8) / seconds / 1e9;
      console.log(`${options.ports} offloads ${options.offloads} mtu ${options.mtu}: ${rate.toFixed(2)} Gbit/s`);
      expect(sha256).toBe(DOWNLOADED);
      expect(await upload(lab, 64 * MIB)).toBe(UPLOADED);
    });
  });
});
