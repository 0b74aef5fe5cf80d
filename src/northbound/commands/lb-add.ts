import { formatEndpoint, parseVirtualService, VirtualServiceError } from "../network/virtual-service.ts";
import { type Command, CommandError } from "./command.ts";
import { find } from "./lookup.ts";

const PROTOCOLS = ["tcp", "udp", "sctp"];

export const lbAdd: Command = {
  name: "lb-add",
  usage: "LB VIP[:PORT] IP[:PORT]... [PROTOCOL] [ADDRESS_FAMILY]",
  minimum: 3,
  maximum: 5,
  options: ["--may-exist", "--add-duplicate", "--reject", "--event", "--add-route", "--template"],
  run({ words, options, transaction }) {
    const [name, vipText, backendsText, protocol] = words;
    if (options.has("--reject") && options.has("--event")) {
      throw new CommandError("--reject and --event can't specified at the same time");
    }
    if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
      throw new CommandError(`${protocol}: protocol must be one of "tcp", "udp",  or "sctp".`);
    }
    for (const option of ["--event", "--add-route", "--template"]) {
      if (options.has(option)) throw new CommandError(`${option} is not supported by the embedded control plane`);
    }
    const service = parse(vipText, backendsText);
    if (protocol !== undefined && service.vip.port === undefined) {
      throw new CommandError("Protocol is unnecessary when no port of vip is given.");
    }
    const vip = formatEndpoint(service.vip);
    const backends = service.backends.map(formatEndpoint).join(",");

    const existing = options.has("--add-duplicate") ? undefined : find(transaction, "Load_Balancer", name);
    if (existing) {
      if (existing.vips.has(vip) && !options.has("--may-exist")) {
        throw new CommandError(`${name}: a load balancer with this vip (${vip}) already exists`);
      }
      transaction.update("Load_Balancer", existing.uuid, {
        vips: new Map([...existing.vips, [vip, backends]]),
        protocol: protocol === undefined ? existing.protocol : [protocol],
      });
      return;
    }
    transaction.insert("Load_Balancer", {
      name,
      protocol: [protocol ?? "tcp"],
      vips: new Map([[vip, backends]]),
      options: new Map(options.has("--reject") ? [["reject", "true"]] : []),
    });
  },
};

function parse(vip: string, backends: string) {
  try {
    return parseVirtualService(vip, backends);
  } catch (error) {
    if (error instanceof VirtualServiceError) throw new CommandError(error.message);
    throw error;
  }
}
