/** `megaflow ports`: lists, adds and removes the switch's ports. */
import { InvalidArgumentError } from "commander";
import { CommandError, EXIT_USAGE } from "../../control/command-error.ts";
import type { ControlRequest } from "../../control/protocol.ts";
import type { PortSpec } from "../../fastpath/datapath.ts";
import { type CliCommand, wholeNumber } from "../command.ts";
import { table } from "../text-table.ts";

export const ports: CliCommand = {
  register(program, terminal) {
    const command = program
      .command("ports")
      .description("list the switch's ports, or add and remove one")
      .action(() => terminal.call("ports"));
    command
      .command("add")
      .description("add a port")
      .argument("<name>", "the device's name")
      .option(
        "--kind <kind>",
        "tap (made here) or system (an existing device, such as a veth end)",
        oneOf("tap", "system"),
        "system",
      )
      .option("--namespace <name>", "tap: the network namespace that gets the device")
      .option("--mac <address>", "tap: the device's Ethernet address")
      .option("--mtu <bytes>", "tap: the device's MTU", wholeNumber)
      .option(
        "--io <way>",
        "system: by a packet socket, the default, or by AF_XDP (more small frames a second, no offloads)",
        oneOf("packet", "af_xdp"),
      )
      .option("--no-offloads", "no checksum and segmentation offload")
      .option("--ofport <number>", "OpenFlow port number wished for", wholeNumber)
      .option("--iface-id <name>", "the logical switch port it stands for")
      .action((name: string, { ifaceId, ...options }) =>
        terminal.call("ports add", [name], ifaceId === undefined ? options : { ...options, "iface-id": ifaceId }),
      );
    command
      .command("remove")
      .description("remove a port")
      .argument("<name>")
      .action((name: string) => terminal.call("ports remove", [name]));
  },
  answers: {
    ports: (daemon, _request, reply) => {
      const rows = daemon.bridge.ports().map((port) => {
        const { number, name, kind, up, status } = port;
        const state = status === undefined ? "gone" : up ? "up" : "down";
        const mtu = status === undefined ? "-" : String(status.mtu);
        return [String(number), name, kind, state, status?.mac ?? "-", mtu, daemon.interfaceId(port) ?? "-"];
      });
      return reply.line(table(["ofport", "name", "kind", "state", "mac", "mtu", "iface-id"], rows));
    },
    "ports add": async (daemon, request) => {
      const { ofport, "iface-id": interfaceId } = request.options;
      await daemon.addPort(portSpec(request), ofport as number | undefined, interfaceId as string | undefined);
    },
    "ports remove": (daemon, { arguments: [name] }) => daemon.removePort(name),
  },
};

function oneOf(...choices: string[]): (text: string) => string {
  return (text) => {
    if (!choices.includes(text)) throw new InvalidArgumentError(`Choose from ${choices.join(", ")}.`);
    return text;
  };
}

function portSpec({ arguments: [name], options }: ControlRequest): PortSpec {
  if (!name || name.length > 15)
    throw new CommandError(`"${name ?? ""}" is no device name: 1 to 15 characters`, EXIT_USAGE);
  const { kind, namespace, mac, mtu, offloads, io } = options as Record<string, never>;
  if (kind === "tap") return { kind, name, namespace, mac, mtu, offloads };
  if (kind === "system" || kind === undefined) return { kind: "system", name, offloads, io };
  throw new CommandError(`"${kind}" is no kind of port: choose from tap, system`, EXIT_USAGE);
}
