/** `megaflow ovn-lab`: the blog's lab driven by unmodified OVN, on our ovs-vswitchd or on the one given. */
import { join } from "node:path";
import { Option } from "commander";
import { EXIT_FAILED, EXIT_OK } from "../../control/command-error.ts";
import { runDirectory } from "../../control/run-directory.ts";
import { sweepAbandoned } from "../../lab/lab.ts";
import { OUR_SWITCH, OvnLab } from "../../lab/ovn/ovn-lab.ts";
import { installPackages, missingPackages } from "../../lab/ovn/packages.ts";
import { reportLines } from "../../lab/report.ts";
import { SERVERS } from "../../lab/topology.ts";
import { judge } from "../../lab/verdict.ts";
import { type CliCommand, type Terminal, wholeNumber } from "../command.ts";
import { interruptible } from "../interruptible.ts";

interface RunOptions {
  readonly curls: number;
  readonly offloads: "on" | "off";
  readonly vswitchd: string;
}

export const ovnLab: CliCommand = {
  register(program, terminal) {
    program
      .command("ovn-lab")
      .description(
        "the lab on unmodified OVN (Debian's packages, installed when missing) with Megaflow as its ovs-vswitchd",
      )
      .option("--curls <number>", "curls to run", wholeNumber, 50)
      .addOption(
        new Option("--offloads <state>", "transmit offloads of the hosts").choices(["on", "off"]).default("on"),
      )
      .option("--vswitchd <program>", "another switch with ovs-vswitchd's command line", OUR_SWITCH.program)
      .action((options: RunOptions) => interruptible(terminal, (signal) => run(options, terminal, signal)));
  },
};

async function run(options: RunOptions, terminal: Terminal, signal: AbortSignal): Promise<number> {
  const missing = missingPackages();
  if (missing.length > 0) {
    terminal.print(`installing ${missing.join(", ")}`);
    await installPackages(missing);
  }
  for (const prefix of await sweepAbandoned(runDirectory())) terminal.print(`removed what the lab ${prefix} had left`);
  const { vswitchd: switchProgram, curls } = options;
  const directory = join(runDirectory(), `lab-ovn-${process.pid}`);
  const wanted = [{ program: switchProgram, offloads: options.offloads === "on" }] as const;
  const lab = await OvnLab.up({ switches: wanted }, { directory }, signal);
  try {
    terminal.print(`OVN runs on ${switchProgram}; offloads ${options.offloads}`);
    const results = await lab.curls(
      curls,
      ({ answer, error, milliseconds }) =>
        terminal.print(`${milliseconds.toFixed(0).padStart(5)} ms  ${answer ?? `FAILED: ${error}`}`),
      signal,
    );
    const servers = SERVERS.map(({ says }) => says);
    const verdict = judge(results, servers, []);
    for (const line of reportLines(verdict)) terminal.print(line);
    return verdict.faults.length === 0 ? EXIT_OK : EXIT_FAILED;
  } finally {
    await lab.down();
  }
}
