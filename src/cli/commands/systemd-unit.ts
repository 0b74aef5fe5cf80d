/** `megaflow systemd-unit`: the unit that puts Megaflow in the place of the packaged ovs-vswitchd, with this checkout's paths. */
import { fileURLToPath } from "node:url";
import { OUR_SWITCH } from "../../lab/ovn/ovn-lab.ts";
import type { CliCommand } from "../command.ts";

const GUIDE = fileURLToPath(new URL("../../../README.md", import.meta.url));

/**
 * The two units conflict: starting either stops the other, so going over and going back is one command each.
 * The database server and ovn-controller stay as they are.
 */
export function systemdUnit(program: string): string {
  return `[Unit]
Description=Megaflow in the place of ovs-vswitchd
Documentation=file://${GUIDE}
Requires=ovsdb-server.service
After=ovsdb-server.service network-pre.target
Before=network.target
Conflicts=ovs-vswitchd.service

[Service]
Type=forking
PIDFile=/run/openvswitch/ovs-vswitchd.pid
ExecStart=${program} unix:/run/openvswitch/db.sock --no-chdir --pidfile --log-file --detach -vconsole:off
Restart=on-failure
LimitNOFILE=1048576

[Install]
WantedBy=multi-user.target
`;
}

export const systemdUnitCommand: CliCommand = {
  register(program, terminal) {
    program
      .command("systemd-unit")
      .description("print the systemd unit that puts Megaflow in the place of ovs-vswitchd")
      .action(() => terminal.print(systemdUnit(OUR_SWITCH.program).trimEnd()));
  },
};
