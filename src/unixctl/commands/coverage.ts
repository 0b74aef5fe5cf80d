/** `coverage/…`: how often each thing has happened, and how often lately. */
import { type UnixctlCommand, UnixctlError } from "../command.ts";
import { settingsOf } from "../settings.ts";

const show: UnixctlCommand = {
  name: "coverage/show",
  usage: "",
  minimum: 0,
  maximum: 0,
  run(daemon) {
    const { coverage } = settingsOf(daemon);
    const rates = coverage.rates();
    const hit = rates.filter(({ total }) => total > 0);
    const lines = hit.map(
      ({ name, total, seconds, minute, hour }) =>
        `${name.padEnd(24)} ${seconds.toFixed(1).padStart(5)}/sec ${minute.toFixed(3).padStart(9)}/sec ` +
        `${hour.toFixed(4).padStart(13)}/sec   total: ${total}\n`,
    );
    const head = `Event coverage, avg rate over last: 5 seconds, last minute, last hour,  hash=${coverage.hash()}:\n`;
    return `${head}${lines.join("")}${rates.length - hit.length} events never hit\n`;
  },
};

const read: UnixctlCommand = {
  name: "coverage/read-counter",
  usage: "COUNTER",
  minimum: 1,
  maximum: 1,
  run(daemon, [name]) {
    const { coverage } = settingsOf(daemon);
    const total = coverage.total(name);
    if (total === undefined) throw new UnixctlError("No such counter");
    return `${total}\n`;
  },
};

export const coverageCommands: readonly UnixctlCommand[] = [show, read];
