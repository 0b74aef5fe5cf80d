/** The text of --help. */
import { COMMANDS } from "./list.ts";

export function helpText(): string {
  const lines = COMMANDS.map(({ name, usage, options = [] }) => {
    const flags = options.map((option) => `[${option.replace(/=$/, "=VALUE").replace(/\?$/, "[=VALUE]")}] `).join("");
    return `  ${flags}${name}${usage === "" ? "" : ` ${usage}`}`;
  });
  return (
    "OVN northbound commands, kept by the embedded control plane\n" +
    "usage: nbctl [OPTIONS] COMMAND [ARG...] [-- [OPTIONS] COMMAND [ARG...]]...\n\n" +
    `Commands:\n${lines.join("\n")}\n\n` +
    "Options: --format=list|table|csv|html|json --data=string|bare|json --bare --no-headings --dry-run --oneline\n"
  );
}
