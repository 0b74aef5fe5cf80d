/** `megaflow nbctl …`: ovn-nbctl's words for the embedded northbound; --file reads many, as a script would hold them. */
import { readFileSync } from "node:fs";
import { CommandError, EXIT_USAGE } from "../../control/command-error.ts";
import type { CliCommand } from "../command.ts";

export const nbctl: CliCommand = {
  register(program, terminal) {
    program
      .command("nbctl")
      .description("configure the embedded northbound in the words of ovn-nbctl")
      .usage("[--file FILE] | [ovn-nbctl options and command …]")
      .helpOption(false)
      .allowUnknownOption()
      .passThroughOptions()
      .argument("[words...]")
      .action(async (words: string[]) => {
        if (words[0] === "--file") {
          if (words.length !== 2)
            throw new CommandError("nbctl --file takes one file name, or - for standard input", EXIT_USAGE);
          await terminal.call("nbctl", [], { script: readScript(words[1]) });
        } else if (words.length === 0) {
          throw new CommandError('nbctl needs a command, such as "show"', EXIT_USAGE);
        } else {
          await terminal.call("nbctl", words);
        }
      });
  },
  answers: {
    nbctl: async (daemon, { arguments: words, options: { script } }, reply) => {
      const { stdout, stderr, exitCode } = await daemon.configure(typeof script === "string" ? script : words);
      if (stdout !== "") await reply.line(stdout.trimEnd());
      if (exitCode !== 0) throw new Error(stderr.trimEnd());
    },
  },
};

function readScript(name: string): string {
  try {
    return readFileSync(name === "-" ? 0 : name, "utf8");
  } catch (error) {
    throw new CommandError(`${name} cannot be read: ${(error as Error).message}`, EXIT_USAGE);
  }
}
