/**
 * One chassis of OVN: a database of Open vSwitch's, a switch, which is any program with ovs-vswitchd's command line, and ovn-controller.
 *
 * The real Open vSwitch's userspace datapath reaches a tunnel's other end only by a bridge of its own that holds the underlay's device
 * and the address; ours takes the host's routes as they are, and can do that, too.
 */
import { ip, runInNamespace } from "../namespaces.ts";
import { type LabHost, PREFIX_LENGTH } from "../topology.ts";
import { type Daemons, PATIENCE } from "./daemons.ts";

export interface ChassisOptions {
  /** system-id. */
  readonly name: string;
  readonly switchProgram: string;
  /** Of the other chassis: where the tunnel ends, and how. Undefined: there is no other. */
  readonly underlay?: Underlay;
}

export interface Underlay {
  /** The device that leads to the other chassis. */
  readonly device: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly bridged: boolean;
}

const SCHEMA = "/usr/share/openvswitch/vswitch.ovsschema";
export const INTEGRATION_BRIDGE = "br-int";
const UNDERLAY_BRIDGE = "br-phy";

export class OvnChassis {
  readonly daemons: Daemons;
  readonly options: ChassisOptions;

  constructor(daemons: Daemons, options: ChassisOptions) {
    this.daemons = daemons;
    this.options = options;
  }

  /** `southbound`: the southbound database's name. */
  *start(southbound: string): Generator<() => Promise<unknown>> {
    const { name, underlay } = this.options;
    yield () => this.daemons.createDatabase("db", SCHEMA);
    yield () => this.startDatabase();
    yield () => this.vsctl("--no-wait", "init");
    yield () =>
      this.vsctl(
        ...["--no-wait", "set", "Open_vSwitch", ".", `external_ids:system-id=${name}`],
        ...[`external_ids:hostname=${name}`, `external_ids:ovn-remote="${southbound}"`],
        ...["external_ids:ovn-encap-type=geneve", `external_ids:ovn-encap-ip=${underlay?.address ?? "127.0.0.1"}`],
        "external_ids:ovn-bridge-datapath-type=netdev",
      );
    yield () => this.startSwitch();
    if (underlay) yield () => this.#addressUnderlay(underlay);
    yield () => this.startController();
    yield () => this.vsctl("wait-until", "Bridge", INTEGRATION_BRIDGE);
  }

  startDatabase(): Promise<string> {
    return this.daemons.serveDatabase("db");
  }

  startSwitch(): Promise<string> {
    return this.daemons.start(this.options.switchProgram, [this.daemons.database("db")], "ovs-vswitchd");
  }

  startController(): Promise<string> {
    return this.daemons.start("ovn-controller", [this.daemons.database("db")]);
  }

  vsctl(...words: string[]): Promise<string> {
    return this.daemons.run(["ovs-vsctl", `--timeout=${PATIENCE}`, `--db=${this.daemons.database("db")}`, ...words]);
  }

  ofctl(...words: string[]): Promise<string> {
    return this.daemons.run(["ovs-ofctl", "-O", "OpenFlow15", ...words]);
  }

  /** ovs-appctl to the switch. */
  appctl(...words: string[]): Promise<string> {
    return this.daemons.run(["ovs-appctl", "-t", "ovs-vswitchd", ...words]);
  }

  /** The blog's veth pair to a host's namespace, and its two ovs-vsctl commands. */
  async plug(host: LabHost, namespace: string): Promise<void> {
    const home = this.daemons.namespace;
    await ip(
      ...["-n", home, "link", "add", host.port, "type", "veth"],
      ...["peer", "name", host.peer, "netns", namespace, "address", host.mac],
    );
    await ip("-n", home, "link", "set", host.port, "up");
    await ip("-n", namespace, "addr", "add", `${host.address}/${PREFIX_LENGTH}`, "dev", host.peer);
    await ip("-n", namespace, "link", "set", host.peer, "up");
    await ip("-n", namespace, "route", "add", "default", "via", host.gateway);
    await this.vsctl("add-port", INTEGRATION_BRIDGE, host.port);
    await this.vsctl("set", "Interface", host.port, `external_ids:iface-id=${host.logicalPort}`);
  }

  async #addressUnderlay({ device, address, prefixLength, bridged }: Underlay): Promise<void> {
    const home = this.daemons.namespace;
    await ip("-n", home, "link", "set", device, "up");
    const holder = bridged ? UNDERLAY_BRIDGE : device;
    if (bridged) {
      const bridge = ["add-br", holder, "--", "set", "Bridge", holder, "datapath_type=netdev"];
      await this.vsctl(...bridge, "--", "add-port", holder, device);
    }
    await runInNamespace(home, ["ip", "address", "add", `${address}/${prefixLength}`, "dev", holder]);
    await ip("-n", home, "link", "set", holder, "up");
  }
}
