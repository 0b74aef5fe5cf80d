import type { UnixctlCommand } from "../command.ts";

/** @param all every command there is but this one */
export function listCommands(all: readonly UnixctlCommand[]): UnixctlCommand {
  const self: UnixctlCommand = {
    name: "list-commands",
    usage: "",
    minimum: 0,
    maximum: 0,
    run(daemon) {
      const lines = [...all, self]
        .filter(({ usage, isKnown }) => usage !== undefined && isKnown?.(daemon) !== false)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, usage }) => `  ${name.padEnd(23)} ${usage}\n`);
      return `The available commands are:\n${lines.join("")}`;
    },
  };
  return self;
}
