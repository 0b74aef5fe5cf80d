/** What health checks mean for rules: backends to leave out, and addresses to answer for. */
import type { Reader } from "../database/database.ts";
import type { LogicalSwitch, ServiceMonitor } from "../database/model.ts";
import { type CheckedBackend, type CheckedServices, checkedBalancers, keyOfBackend } from "../health/checks.ts";
import { keyOfRow, monitorMac } from "../health/monitor-rows.ts";
import { formatEndpoint } from "../network/virtual-service.ts";
import type { Balancer, ServiceMonitoring } from "./topology.ts";

export class BackendWatch {
  readonly #reader: Reader;
  readonly #monitors: ReadonlyMap<string, ServiceMonitor>;
  /** By the balancer's UUID. */
  readonly #checked: ReadonlyMap<string, CheckedServices>;

  constructor(reader: Reader) {
    this.#reader = reader;
    this.#monitors = new Map(reader.rows("Service_Monitor").map((row) => [keyOfRow(row), row]));
    this.#checked = checkedBalancers(reader);
  }

  /**
   * The balancer with only the backends that are not offline. Those not asked yet stay; those that cannot be watched, of a service
   * that has a health check, go.
   */
  withoutOffline(balancer: Balancer): Balancer {
    const checked = this.#checked.get(balancer.uuid);
    if (!checked?.size) return balancer;
    const services = balancer.services.map((service) => {
      const usable = checked.get(service.key)?.filter((backend) => !this.#isOffline(backend));
      if (!usable) return service;
      const isUsable = (text: string) => usable.some(({ address, port }) => formatEndpoint({ address, port }) === text);
      return { ...service, active: service.backends.filter((backend) => isUsable(formatEndpoint(backend))) };
    });
    return { ...balancer, services };
  }

  monitoring({ ports }: LogicalSwitch): ServiceMonitoring {
    if (this.#monitors.size === 0) return { sources: [] };
    const names = new Set(ports.map((uuid) => this.#reader.row("Logical_Switch_Port", uuid)!.name));
    const checked = [...this.#checked.values()].flatMap((services) => [...services.values()].flat());
    const here = checked.filter(({ logicalPort }) => names.has(logicalPort));
    return {
      mac: monitorMac(this.#reader),
      sources: [...new Map(here.map(({ source }) => [source.text, source])).values()],
    };
  }

  #isOffline(backend: CheckedBackend): boolean {
    const status = this.#monitors.get(keyOfBackend(backend))?.status[0];
    return status !== undefined && status !== "online";
  }
}
