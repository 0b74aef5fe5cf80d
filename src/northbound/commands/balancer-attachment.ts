/** ls-lb-add, lr-lb-add and their kin: which load balancers a switch or router has. */
import { listBalancers } from "./balancer-table.ts";
import { CommandError, type Invocation } from "./command.ts";
import { get, getLoadBalancer } from "./lookup.ts";

type DatapathTable = "Logical_Switch" | "Logical_Router";

export function attach({ words, options, transaction }: Invocation, table: DatapathTable): void {
  const datapath = get(transaction, table, words[0]);
  const { uuid } = getLoadBalancer(transaction, words[1]);
  if (datapath.load_balancer.includes(uuid)) {
    if (options.has("--may-exist")) return;
    throw new CommandError(`${uuid} : a load balancer with this UUID already exists`);
  }
  transaction.update(table, datapath.uuid, { load_balancer: [...datapath.load_balancer, uuid] });
}

export function detach({ words, options, transaction }: Invocation, table: DatapathTable): void {
  const datapath = get(transaction, table, words[0]);
  if (words.length === 1) {
    transaction.update(table, datapath.uuid, { load_balancer: [] });
    return;
  }
  const balancer = getLoadBalancer(transaction, words[1]);
  if (!datapath.load_balancer.includes(balancer.uuid)) {
    if (options.has("--if-exists")) return;
    const noun = table === "Logical_Switch" ? "switch" : "router";
    throw new CommandError(`load balancer ${balancer.name} is not part of any logical ${noun}.`);
  }
  transaction.update(table, datapath.uuid, {
    load_balancer: datapath.load_balancer.filter((uuid) => uuid !== balancer.uuid),
  });
}

export function listAttached({ words, transaction, print }: Invocation, table: DatapathTable): void {
  const { load_balancer } = get(transaction, table, words[0]);
  print(listBalancers(load_balancer.map((uuid) => transaction.row("Load_Balancer", uuid)!)));
}
