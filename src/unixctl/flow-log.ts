/**
 * The datapath's debug log: each packet that met no megaflow, and what becomes of megaflows, in the words that people grep
 * ovs-vswitchd.log for.
 *
 * Cost: nothing is put in words unless the module's debug level is on (`vlog/set dpif_netdev:dbg`).
 */
import type { Upcall } from "../fastpath/datapath.ts";
import type { DatapathAction } from "../fastpath/datapath-action.ts";
import { fullKey, type Megaflow } from "../slowpath/megaflow.ts";
import { exactKey, formatKey } from "../slowpath/odp/key.ts";
import type { FlowWatcher, Switch } from "../slowpath/switch.ts";
import type { Logger } from "../vlog/vlog.ts";
import { megaflowActionsText, ufidOf } from "./flow-lines.ts";

export class FlowLog implements FlowWatcher {
  readonly #switch: Switch;
  readonly #logger: Logger;

  constructor(owner: Switch, logger: Logger) {
    this.#switch = owner;
    this.#logger = logger;
  }

  missed({ reason, key }: Upcall): void {
    if (!this.#logger.isDebugging() || reason !== "miss") return;
    this.#logger.dbg(`ovs-datapath: miss upcall:\n${formatKey(exactKey(key), { verbose: true })}`);
  }

  added(flow: Megaflow): void {
    if (this.#logger.isDebugging()) this.#tell("flow_add", flow, "");
  }

  changed(flow: Megaflow, before: readonly DatapathAction[]): void {
    if (!this.#logger.isDebugging()) return;
    this.#tell("flow_mod", flow, `, old_actions:${megaflowActionsText(this.#switch, flow, before)}`);
  }

  #tell(what: string, flow: Megaflow, before: string): void {
    const ufid = ufidOf(flow);
    const tunnelOptions = this.#switch.datapath.geneveOptions;
    const key = formatKey({ key: fullKey(flow), mask: flow.mask.bytes }, { tunnelOptions });
    const actions = megaflowActionsText(this.#switch, flow, flow.actions);
    this.#logger.dbg(`${what}: ufid:${ufid} mega_ufid:${ufid} ${key}${before}, actions:${actions}`);
  }
}
