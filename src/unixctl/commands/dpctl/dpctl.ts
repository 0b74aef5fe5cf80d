/** What dpctl's commands share: options, the datapath that is meant, errors in dpctl's form. */
import { type UnixctlCommand, UnixctlError } from "../../command.ts";
import { datapaths, label, type NamedDatapath } from "../../datapaths.ts";
import type { Vswitchd } from "../../vswitchd.ts";

export interface DpctlRequest {
  readonly daemon: Vswitchd;
  /** What follows the options. */
  readonly words: readonly string[];
  /** -m */
  readonly verbose: boolean;
  /** -s */
  readonly statistics: boolean;
  /** Ports by name: --names, or -m without --no-names. */
  readonly names: boolean;
  readonly mayCreate: boolean;
}

export const INVALID = "Invalid argument";
export const NO_ENTRY = "No such file or directory";
export const NO_DEVICE = "No such device";

/** "ovs-vswitchd: datapath not found (Invalid argument)". @param reason errno's sentence */
export function dpctlError(text: string, reason?: string): UnixctlError {
  return new UnixctlError(dpctlLine(text, reason));
}

export function dpctlLine(text: string, reason?: string): string {
  return `ovs-vswitchd: ${text}${reason === undefined ? "" : ` (${reason})`}\n`;
}

export function dpctlCommand(
  name: string,
  usage: string,
  minimum: number,
  maximum: number,
  run: (request: DpctlRequest) => string | Promise<string>,
): UnixctlCommand {
  return {
    name: `dpctl/${name}`,
    usage,
    minimum,
    maximum,
    run(daemon, words) {
      const request = readOptions(daemon, words);
      if (request.words.length >= minimum) return run(request);
      throw new UnixctlError(`"dpctl/${name}" command requires at least ${minimum} arguments`);
    },
  };
}

/** Options stand in front; those that this command has no use for are taken all the same. */
function readOptions(daemon: Vswitchd, words: readonly string[]): DpctlRequest {
  const rest = [...words];
  const request = { verbose: false, statistics: false, mayCreate: false };
  let names: boolean | undefined;
  while (rest[0]?.length > 1 && rest[0].startsWith("-")) {
    const option = rest.shift()!;
    if (option === "--statistics") request.statistics = true;
    else if (option === "--may-create") request.mayCreate = true;
    else if (option === "--more") request.verbose = true;
    else if (option === "--names") names = true;
    else if (option === "--no-names") names = false;
    else if (option.startsWith("--") && option !== "--clear") throw new UnixctlError(`Unrecognized option ${option}`);
    else if (option !== "--clear") {
      for (const letter of option.slice(1)) {
        if (letter === "m") request.verbose = true;
        else if (letter === "s") request.statistics = true;
        else throw new UnixctlError(`Unrecognized option -${letter}`);
      }
    }
  }
  return { daemon, words: rest, ...request, names: names ?? request.verbose };
}

/** "netdev@ovs-netdev", or a name alone, which stands for the datapath of the kernel's type. */
export function datapathNamed(daemon: Vswitchd, text: string): NamedDatapath | undefined {
  const wanted = text.includes("@") ? text : `system@${text}`;
  return datapaths(daemon).find((datapath) => label(datapath) === wanted);
}

export interface Opened {
  readonly datapath: NamedDatapath;
  /** Words after the datapath's name. */
  readonly rest: readonly string[];
}

/**
 * The datapath that the first word names, else the only one.
 * @param most words there can be with a datapath's name among them: if there are so many, the first must be one
 */
export function openDatapath({ daemon, words }: DpctlRequest, most: number): Opened {
  const named = words.length > 0 ? datapathNamed(daemon, words[0]) : undefined;
  if (named !== undefined) return { datapath: named, rest: words.slice(1) };
  const notFound = dpctlLine("datapath not found", INVALID);
  if (words.length === most) throw new UnixctlError(notFound);
  const [only, ...others] = datapaths(daemon);
  if (only === undefined) throw new UnixctlError(`${dpctlLine("no datapaths exist")}${notFound}`);
  if (others.length > 0) throw new UnixctlError(`${dpctlLine("multiple datapaths, specify one")}${notFound}`);
  return { datapath: only, rest: words };
}
