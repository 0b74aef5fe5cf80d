/** `revalidator/…`: what scripts do before they look at statistics, or to begin with no megaflows. */
import type { UnixctlCommand } from "../command.ts";
import type { Vswitchd } from "../vswitchd.ts";

function command(name: string, usage: string | undefined, act: (daemon: Vswitchd) => Promise<void>): UnixctlCommand {
  return {
    name: `revalidator/${name}`,
    usage,
    minimum: 0,
    maximum: 0,
    async run(daemon) {
      await act(daemon);
      return "";
    },
  };
}

export const revalidatorCommands: readonly UnixctlCommand[] = [
  /** Statistics are where they belong when it returns. */
  command("wait", "", async ({ switch: owner }) => {
    await owner.datapath.barrier();
    owner.sweep();
    await owner.datapath.barrier();
  }),
  command("purge", "", async ({ switch: { megaflows, revalidator, datapath } }) => {
    for (const flow of [...megaflows]) revalidator.remove(flow);
    await datapath.barrier();
  }),
  /** Nothing expires and no statistics are carried until `resume`; changes of tables are followed all the same. */
  command("pause", undefined, async ({ switch: { revalidator } }) => {
    revalidator.isPaused = true;
  }),
  command("resume", undefined, async ({ switch: { revalidator } }) => {
    revalidator.isPaused = false;
  }),
];
