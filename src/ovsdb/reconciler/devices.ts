/**
 * The kernel's devices as they are now: asked once for all ports, not once for each.
 *
 * Not handled: devices that were moved to another network namespace; of these the last that was seen is told.
 */
import { type Driver, driverOf, type LinkMode, linkMode } from "../../kernel/ethtool.ts";
import { type Link, listLinks } from "../../kernel/link.ts";

export interface Device {
  readonly link: Link;
  readonly driver?: Driver;
  readonly mode?: LinkMode;
}

export interface Devices {
  /** Looks at all of them. */
  refresh(): void;
  find(name: string): Device | undefined;
  forget(name: string): void;
}

export class KernelDevices implements Devices {
  #links = new Map<string, Link>();
  readonly #known = new Map<string, Device>();

  refresh(): void {
    this.#links = new Map(listLinks().map((link) => [link.name, link]));
    for (const [name, { link }] of this.#known) {
      const now = this.#links.get(name);
      if (now !== undefined && now.index !== link.index) this.#known.delete(name);
    }
  }

  find(name: string): Device | undefined {
    const link = this.#links.get(name);
    const known = this.#known.get(name);
    if (link === undefined) return known;
    const device = known?.link.carrier === link.carrier ? { ...known, link } : ask(link);
    this.#known.set(name, device);
    return device;
  }

  forget(name: string): void {
    this.#known.delete(name);
  }
}

/** Speed and duplex come and go with the carrier. */
function ask(link: Link): Device {
  return { link, driver: driverOf(link.name), mode: linkMode(link.name) };
}
