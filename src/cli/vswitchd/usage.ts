/** What `--help` and `--version` print. */
import { SOFTWARE } from "../../openflow/handlers/about.ts";
import type { Directories } from "./options.ts";

/** The first line is what scripts read: the version of Open vSwitch that this daemon stands in for. */
export const VERSION = `ovs-vswitchd (Open vSwitch) ${SOFTWARE}`;

export function usage({ run, log }: Directories): string {
  return `ovs-vswitchd: Megaflow in the place of the Open vSwitch daemon
usage: ovs-vswitchd [OPTIONS] [DATABASE]
where DATABASE is where ovsdb-server listens: unix:FILE or tcp:HOST:PORT
      (default: "unix:${run}/db.sock").

Daemon options:
  --detach                run in the background; returns when the switch is ready
  --monitor               start the daemon again when it dies
  --no-chdir              do not change to the directory "/"
  --pidfile[=FILE]        write the process id (default: ${run}/ovs-vswitchd.pid)
  --overwrite-pidfile     with --pidfile, start even if another daemon runs

Logging options:
  -vSPEC, --verbose=SPEC  set levels, as in "ovs-appctl vlog/set"
  -v, --verbose           log everything
  --log-file[=FILE]       log to FILE (default: ${log}/ovs-vswitchd.log)

Other options:
  --unixctl=SOCKET        name of the control socket
  --enable-dummy[=override|system]
                          ports in memory and a clock that can be stopped, for tests
  -h, --help              print this text
  -V, --version           print the version
Options of Open vSwitch for DPDK, syslog and ssl are accepted and ignored.
`;
}
