/** Whether bytes arrive as they were sent: a transfer by HTTP, its digest compared. */

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { inNamespace, runInNamespace } from "../../src/lab/namespaces.ts";
import { payload } from "../../src/lab/payload.ts";
import { check } from "../bench.ts";
import type { WireContestant } from "./rig.ts";

const SIZE = 8 << 20;
const PORT = 8080;
const WEB_SERVER = new URL("../../src/lab/web-server.ts", import.meta.url).pathname;
let expected: string | undefined;

/** @throws CheckFailed when what the left host reads is not what the right one wrote. */
export async function checkBytes({ left, right, target }: WireContestant): Promise<void> {
  expected ??= digest();
  const [program, ...words] = inNamespace(right, [process.execPath, WEB_SERVER, "--port", String(PORT)]);
  const server = spawn(program, words, { stdio: ["pipe", "pipe", "inherit"] });
  try {
    await once(server.stdout, "data");
    const command = `curl --silent --show-error --fail --max-time 20 http://${target}:${PORT}/bytes/${SIZE} | sha256sum`;
    const [found] = (await runInNamespace(left, ["sh", "-c", command])).split(" ");
    check(found === expected, `${SIZE} bytes were sent, others arrived`);
  } finally {
    server.kill();
  }
}

function digest(): string {
  const hash = createHash("sha256");
  for (const block of payload(SIZE)) hash.update(block);
  return hash.digest("hex");
}
