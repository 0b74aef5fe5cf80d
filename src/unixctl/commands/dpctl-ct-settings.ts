/** `dpctl/ct-…`: the connection tracker's limit, its count, its checking of TCP sequence numbers. */
import type { UnixctlCommand } from "../command.ts";
import { dpctlError, parseDpctlWords } from "../dpctl-words.ts";
import type { Vswitchd } from "../vswitchd.ts";

const conntrackOf = (daemon: Vswitchd) => daemon.switch.datapath.conntrack;

function sequenceChecking(name: string, on: boolean): UnixctlCommand {
  const doing = on ? "enabling" : "disabling";
  return {
    name: `dpctl/ct-${name}-tcp-seq-chk`,
    usage: "[dp]",
    minimum: 0,
    maximum: 1,
    run(daemon) {
      conntrackOf(daemon).setTcpSequenceChecking(on);
      return `${doing} TCP sequence checking successful`;
    },
  };
}

export const conntrackSettings: readonly UnixctlCommand[] = [
  {
    name: "dpctl/ct-set-maxconns",
    usage: "[dp] maxconns",
    minimum: 1,
    maximum: 2,
    run(daemon, words) {
      const text = parseDpctlWords(words).rest.at(-1);
      if (text === undefined || !/^\d+$/.test(text)) throw dpctlError("maxconns missing or malformed");
      conntrackOf(daemon).setMaxConnections(Number(text));
      return "setting maxconns successful";
    },
  },
  {
    name: "dpctl/ct-get-maxconns",
    usage: "[dp]",
    minimum: 0,
    maximum: 1,
    run: (daemon) => `${conntrackOf(daemon).maxConnections()}\n`,
  },
  {
    name: "dpctl/ct-get-nconns",
    usage: "[dp]",
    minimum: 0,
    maximum: 1,
    run: (daemon) => `${conntrackOf(daemon).count()}\n`,
  },
  sequenceChecking("enable", true),
  sequenceChecking("disable", false),
  {
    name: "dpctl/ct-get-tcp-seq-chk",
    usage: "[dp]",
    minimum: 0,
    maximum: 1,
    run: (daemon) => `TCP sequence checking: ${conntrackOf(daemon).tcpSequenceChecking() ? "enabled" : "disabled"}\n`,
  },
];
