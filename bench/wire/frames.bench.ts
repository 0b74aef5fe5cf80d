/** Frames of 60 bytes a second from one namespace to another; what counts is what arrives. */
import { join } from "node:path";
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import type { Bench } from "../bench.ts";
import { compare } from "./compare.ts";
import { DEVICES, onOtherCore, type Wire } from "./contestants.ts";

const SECONDS = 3;
const BYTES = 60;

interface LinkReport {
  readonly address: string;
  readonly stats64: { readonly rx: { readonly packets: number } };
}

async function link(namespace: string): Promise<LinkReport> {
  return JSON.parse(await ip("-n", namespace, "-s", "-j", "link", "show", "dev", DEVICES.right))[0];
}

async function frameRate({ left, right }: Wire): Promise<number> {
  const before = await link(right);
  const script = join(import.meta.dirname, "frame-generator.ts");
  const command = onOtherCore([process.execPath, script, DEVICES.left, String(BYTES), String(SECONDS)]);
  const report = await runInNamespace(left, ["env", `PEER_MAC=${before.address}`, ...command]);
  const { sent, seconds } = JSON.parse(report) as { sent: number; seconds: number };
  const arrived = (await link(right)).stats64.rx.packets - before.stats64.rx.packets;
  if (arrived < sent / 100 || arrived > sent + 100) throw new Error(`${sent} frames were sent, ${arrived} arrived`);
  return arrived / seconds / 1000;
}

const bench: Bench = {
  title: `frames of ${BYTES} bytes, one flow, thousands a second that arrive`,
  run: (print) => compare({ unit: "kpps", rounds: 3, digits: 0, measure: frameRate }, print),
};
export default bench;
