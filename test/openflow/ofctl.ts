/** Debian's ovs-ofctl, and transcripts of what it was told and what it said: "$ command", "< line of its input", output. */
import { execFile } from "node:child_process";

export interface Command {
  readonly words: readonly string[];
  readonly input: string;
}

export interface Exchange {
  readonly command: Command;
  /** Without what differs from one switch, or one run, to the next. */
  readonly output: readonly string[];
}

/** Those that real Open vSwitch was asked in. */
export const ofctlVersions = ["OpenFlow10", "OpenFlow13", "OpenFlow14", "OpenFlow15"] as const;
export const transcriptBridge = "br-int";

/** A frame with an empty UDP packet in it. */
export const emptyUdp = "ffffffffffff00000000000208004500001c00000000401166cf0a0000010a0000020035003500080000";

/** Both streams of ovs-ofctl, whatever its exit status. @param directory where the switch has its sockets */
export function ofctl(directory: string, words: readonly string[], input = ""): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { env: { ...process.env, OVS_RUNDIR: directory }, timeout: 20_000 };
    const child = execFile("ovs-ofctl", words, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== "number") {
        reject(new Error(`ovs-ofctl (package openvswitch-common) cannot be run: ${error.message}`));
      } else resolve(stdout + stderr);
    });
    // It may end without having read.
    child.stdin?.on("error", () => {}).end(input);
  });
}

export function parseTranscript(text: string): Exchange[] {
  const exchanges: { command: { words: string[]; input: string }; output: string[] }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("# ") || line === "") continue;
    if (line.startsWith("$ ")) {
      const words = [...line.slice(2).matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain);
      exchanges.push({ command: { words, input: "" }, output: [] });
      continue;
    }
    const last = exchanges.at(-1);
    if (!last) throw new Error(`output of no command: ${line}`);
    if (line.startsWith("< ")) last.command.input += `${line.slice(2)}\n`;
    else last.output.push(line);
  }
  return exchanges;
}

export function formatTranscript(exchanges: readonly Exchange[]): string {
  const quote = (word: string): string => (/[^\w=:,./+-]/.test(word) ? `'${word}'` : word);
  return exchanges
    .flatMap(({ command, output }) => [
      `$ ${command.words.map(quote).join(" ")}`,
      ...command.input.split("\n").flatMap((line) => (line === "" ? [] : [`< ${line}`])),
      ...output,
    ])
    .concat("")
    .join("\n");
}

/** Times, addresses, counters of what else the switch did, and its own names, as [pattern, what to put there]. */
const passing: readonly (readonly [RegExp, string])[] = [
  [/^\d{4}-\d\d-\d\dT[\d:]+Z\|\d+\|/gm, ""],
  [/(xid|idle_age)=(0x)?[0-9a-f]+/g, "$1=…"],
  [/(duration[=:])[\d.]+s/g, "$1…s"],
  [/addr:[0-9a-f:]{17}/g, "addr:…"],
  [/dpid:[0-9a-f]{16}/g, "dpid:…"],
  [/pkts=\d+, bytes=\d+, drop=[\d?]+, errs=[\d?]+/g, "pkts=…"],
  [/,? ?flags=\[more\]/g, ""],
  // The dummy datapath's own.
  [/^ +CUSTOM Statistics\n( +[rt]x_(custom|q\d)_.*\n)*/gm, ""],
];

/** Whether the switch may list things in any order. */
function isUnordered({ words }: Command): boolean {
  return words.some((word) => word.startsWith("dump-"));
}

export async function exchange(
  directory: string,
  version: string,
  command: Command,
  bridge = transcriptBridge,
): Promise<Exchange> {
  const words = ["-O", version, ...command.words.map((word) => (word === transcriptBridge ? bridge : word))];
  let text = (await ofctl(directory, words, command.input))
    .replaceAll(directory, "DIRECTORY")
    .replaceAll(bridge, transcriptBridge);
  for (const [pattern, replacement] of passing) text = text.replace(pattern, replacement);
  const lines = text.split("\n").filter((line) => line !== "");
  return { command, output: isUnordered(command) ? lines.toSorted() : lines };
}
