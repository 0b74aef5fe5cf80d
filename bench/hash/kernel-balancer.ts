/**
 * The kernel's own choice: nftables' jhash of the client's address and port, as in `dnat to jhash … mod N map { … }`. Which backend a
 * connection gets is read off a set into which the kernel puts every frame's choice.
 *
 * Invariants: everything lives in one namespace that `close` removes; frames go from one end of a veth pair to the other.
 */
import { spawnSync } from "node:child_process";
import { addNamespace, inNamespace, ip, removeNamespaces, runInNamespace } from "../../src/lab/namespaces.ts";
import { check } from "../bench.ts";
import type { Backend, Chooser } from "./chooser.ts";

const SENDER = new URL("send-frames.ts", import.meta.url).pathname;
const SOURCE_AT = 26;
const SOURCE_PORT_AT = 34;
/** A set that grows under a storm of frames may refuse some: they are sent again. */
const TRIES = 5;
let count = 0;

export class KernelBalancer implements Chooser {
  readonly #namespace = `mfh${process.pid}x${count++}`;

  static async make(backends: readonly Backend[]): Promise<KernelBalancer> {
    const made = new KernelBalancer();
    const namespace = made.#namespace;
    await addNamespace(namespace);
    try {
      await ip("-n", namespace, "link", "add", "from", "type", "veth", "peer", "name", "to");
      for (const device of ["from", "to"]) await ip("-n", namespace, "link", "set", device, "up");
      await made.setBackends(backends);
      return made;
    } catch (error) {
      await made.close();
      throw error;
    }
  }

  async setBackends(backends: readonly Backend[]): Promise<void> {
    let next = 0;
    const ranges = backends.map(({ id, weight }) => {
      const first = next;
      next += weight;
      return `${first}-${next - 1} : ${id}`;
    });
    const rules = `
      table netdev balancer
      delete table netdev balancer
      table netdev balancer {
        set chosen { typeof ip saddr . tcp sport . meta mark; size 200000; flags dynamic; }
        chain arrivals {
          type filter hook ingress device "to" priority 0; policy drop;
          meta mark set jhash ip saddr . tcp sport mod ${next} seed 0x1 map { ${ranges.join(", ")} } add @chosen { ip saddr . tcp sport . meta mark }
        }
      }`;
    await runInNamespace(this.#namespace, ["nft", "-f", "-"], { input: rules });
  }

  async choose(frames: readonly Uint8Array[]): Promise<Uint16Array> {
    const names = frames.map(nameOf);
    let chosen = new Map<string, number>();
    for (let i = 0; i < TRIES && chosen.size < new Set(names).size; i++) {
      this.#send(frames.filter((_, mark) => !chosen.has(names[mark])));
      chosen = await this.#chosen();
    }
    return Uint16Array.from(names, (name) => {
      const id = chosen.get(name);
      check(id !== undefined, `the kernel has chosen nothing for ${name}`);
      return id;
    });
  }

  close(): Promise<void> {
    return removeNamespaces([this.#namespace]);
  }

  #send(frames: readonly Uint8Array[]): void {
    const input = Buffer.concat(frames.flatMap((frame) => [lengthOf(frame), frame]));
    const [program, ...words] = inNamespace(this.#namespace, [process.execPath, SENDER, "from"]);
    const { status, stderr } = spawnSync(program, words, { input, maxBuffer: 1 << 20, encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
  }

  async #chosen(): Promise<Map<string, number>> {
    const list = await runInNamespace(this.#namespace, ["nft", "-j", "list", "set", "netdev", "balancer", "chosen"]);
    const { nftables } = JSON.parse(list) as {
      nftables: { set?: { elem?: { concat: [string, number, number] }[] } }[];
    };
    const elements = nftables.flatMap(({ set }) => set?.elem ?? []);
    return new Map(elements.map(({ concat: [address, port, mark] }) => [`${address}:${port}`, mark]));
  }
}

/** Of a frame's client, as the set has it. */
function nameOf(frame: Uint8Array): string {
  const port = (frame[SOURCE_PORT_AT] << 8) | frame[SOURCE_PORT_AT + 1];
  return `${frame.subarray(SOURCE_AT, SOURCE_AT + 4).join(".")}:${port}`;
}

function lengthOf({ length }: Uint8Array): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(length);
  return bytes;
}
