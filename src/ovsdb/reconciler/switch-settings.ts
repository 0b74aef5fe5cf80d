/** What Open_vSwitch.other_config says of the switch as a whole: ovs-vswitchd.conf.db(5). */
import { DEFAULT_BUNDLE_IDLE, DEFAULT_FLOW_LIMIT, DEFAULT_MAX_IDLE, type Switch } from "../../slowpath/switch.ts";

export class SwitchSettings {
  readonly #switch: Switch;
  #applied: ReadonlyMap<string, string> = new Map();

  constructor(owner: Switch) {
    this.#switch = owner;
  }

  /** Only what has changed: somebody may have set it otherwise since, by ovs-appctl. */
  apply(config: ReadonlyMap<string, string>): void {
    const before = this.#applied;
    this.#applied = config;
    const set = (name: string, apply: (value: number | undefined) => void): void => {
      if (before.get(name) !== config.get(name)) apply(wholeNumber(config.get(name)));
    };
    set("flow-limit", (flows) => {
      this.#switch.flowLimit = flows ?? DEFAULT_FLOW_LIMIT;
    });
    set("max-idle", (milliseconds) => {
      this.#switch.maxIdle = milliseconds ?? DEFAULT_MAX_IDLE;
    });
    set("bundle-idle-timeout", (seconds) => {
      this.#switch.bundleIdle = seconds ? seconds * 1000 : DEFAULT_BUNDLE_IDLE;
    });
  }
}

/** undefined: there is none. */
export function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
