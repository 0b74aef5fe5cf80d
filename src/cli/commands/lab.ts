/** `megaflow lab`: the load-balancer lab, made, curled and removed in one go, or kept up between commands. */
import { join } from "node:path";
import { type Command, Option } from "commander";
import { EXIT_FAILED, EXIT_OK } from "../../control/command-error.ts";
import { runDirectory } from "../../control/run-directory.ts";
import { Lab, sweepAbandoned } from "../../lab/lab.ts";
import { DEFAULT_OPTIONS, LAB_PORTS, type LabOptions } from "../../lab/options.ts";
import { reportLines } from "../../lab/report.ts";
import { findState, readState, takeDown } from "../../lab/state.ts";
import { SERVERS } from "../../lab/topology.ts";
import { judge } from "../../lab/verdict.ts";
import { type CliCommand, type Terminal, wholeNumber } from "../command.ts";
import { interruptible } from "../interruptible.ts";

interface RunOptions extends LabOptions {
  readonly curls: number;
  readonly keep?: boolean;
}

export const lab: CliCommand = {
  register(program, terminal) {
    const command = labOptions(
      program
        .command("lab")
        .description("namespaces, two web servers behind a load balancer, and curls that show the spread"),
    )
      .option("--curls <number>", "curls to run", wholeNumber, 50)
      .option("--keep", "leave the lab up, as `lab up` does")
      .action((_, self: Command) => interruptible(terminal, (signal) => wholeRun(self.opts(), terminal, signal)));
    labOptions(command.command("up").description("build the lab and leave it up")).action((_, self: Command) =>
      interruptible(terminal, (signal) => up(self.opts(), terminal, signal)),
    );
    command
      .command("curl")
      .description("curl the load balancer of the lab that is up")
      .option("--curls <number>", "curls to run", wholeNumber, 50)
      .action(({ curls }) => interruptible(terminal, (signal) => curlAgain(curls, terminal, signal)));
    command
      .command("status")
      .description("say what is up")
      .action(() => status(terminal));
    command
      .command("down")
      .description("remove the lab, and what killed ones left")
      .action(() => down(terminal));
  },
};

function labOptions(command: Command): Command {
  return command
    .addOption(new Option("--ports <kind>", "how the switch reaches the hosts").choices(LAB_PORTS).default("tap"))
    .addOption(
      new Option("--offloads <state>", "checksum and segmentation offload").choices(["on", "off"]).default("on"),
    )
    .option("--mtu <bytes>", "of every device", wholeNumber, DEFAULT_OPTIONS.mtu)
    .option("--clients <number>", "addresses the client curls from, in turn", wholeNumber, DEFAULT_OPTIONS.clients)
    .option("--selection-fields <list>", "what chooses the server, such as ip_src,tp_src (default: dp_hash)")
    .option("--rules <folder>", "load real OVN's flow and group dumps from there instead of the embedded northbound's")
    .addOption(
      new Option("--select <mode>", "select groups in one pass, or by hash and recirculation as OVS does")
        .choices(["one-pass", "recirculate"])
        .default("one-pass"),
    )
    .option("--hw-offload", "let the kernel forward known flows between veths", false);
}

function labSettings(options: Record<string, never>): LabOptions {
  const { ports, offloads, mtu, clients, selectionFields = "", rules, select, hwOffload } = options;
  return {
    ports,
    offloads: offloads === "on",
    mtu,
    clients,
    selectionFields: (selectionFields as string).split(",").filter((field) => field !== ""),
    rules,
    select,
    hwOffload,
  };
}

async function wholeRun(options: Record<string, never>, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const { curls, keep } = options as unknown as RunOptions;
  for (const prefix of await sweepAbandoned(runDirectory())) terminal.print(`removed what the lab ${prefix} had left`);
  const directory = keep ? runDirectory() : join(runDirectory(), `lab-${process.pid}`);
  const built = await Lab.up(labSettings(options), { directory, stays: keep === true }, signal);
  try {
    terminal.print(introduction(built));
    return await curlAndReport(built, curls, terminal, signal);
  } finally {
    if (keep && !signal.aborted) terminal.print('the lab stays up: "megaflow lab down" removes it');
    else await built.down();
  }
}

async function up(options: Record<string, never>, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const built = await Lab.up(labSettings(options), { directory: runDirectory(), stays: true }, signal);
  terminal.print(introduction(built));
  terminal.print('up: "megaflow lab curl" tests it, "megaflow lab down" removes it');
  return EXIT_OK;
}

async function curlAgain(curls: number, terminal: Terminal, signal: AbortSignal): Promise<number> {
  return curlAndReport(new Lab(readState(runDirectory())), curls, terminal, signal);
}

async function curlAndReport(built: Lab, curls: number, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const width = String(curls).length;
  let number = 0;
  const results = await built.curls(
    curls,
    ({ client, answer, error, milliseconds }) => {
      const order = String(++number).padStart(width);
      terminal.print(`${order}  ${client}  ${milliseconds.toFixed(0).padStart(4)} ms  ${answer ?? `FAILED: ${error}`}`);
    },
    signal,
  );
  const servers = SERVERS.map(({ says }) => says);
  const verdict = judge(results, servers, built.state.options.selectionFields);
  for (const line of reportLines(verdict)) terminal.print(line);
  return verdict.faults.length === 0 ? EXIT_OK : EXIT_FAILED;
}

async function status(terminal: Terminal): Promise<void> {
  const built = new Lab(readState(runDirectory()));
  terminal.print(introduction(built));
  await terminal.call("ports");
}

async function down(terminal: Terminal): Promise<void> {
  const state = findState(runDirectory());
  if (state) await takeDown(state);
  const abandoned = await sweepAbandoned(runDirectory());
  const removed = [...(state ? [state.prefix] : []), ...abandoned];
  terminal.print(removed.length === 0 ? "no lab is up" : `removed ${removed.join(", ")}`);
}

function introduction(built: Lab): string {
  const { options } = built.state;
  const fields = options.selectionFields.length === 0 ? "dp_hash" : options.selectionFields.join(",");
  return (
    `lab ${built.state.prefix}: ${built.url} from ${built.namespace("ns3")}, ` +
    `servers in ${built.namespace("ns1")} and ${built.namespace("ns2")}, ${options.ports} ports, ` +
    `offloads ${options.offloads ? "on" : "off"}, mtu ${options.mtu}, chosen by ${fields}` +
    (options.rules === undefined ? "" : `, rules of ${options.rules}`)
  );
}
