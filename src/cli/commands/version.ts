import { readFileSync } from "node:fs";
import { layoutHash } from "../../fastpath/layout-hash.ts";
import type { CliCommand } from "../command.ts";

export function packageVersion(): string {
  const file = new URL("../../../package.json", import.meta.url);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

export const version: CliCommand = {
  register(program, terminal) {
    program
      .command("version")
      .description("the versions of Megaflow, its memory layout and Node")
      .action(() =>
        terminal.print(
          `megaflow ${packageVersion()} (memory layout ${layoutHash().toString(16)}, Node ${process.versions.node})`,
        ),
      );
  },
};
