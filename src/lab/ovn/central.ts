/** OVN's centre: the northbound and the southbound database, and northd between them. */
import { type Daemons, PATIENCE } from "./daemons.ts";

const SCHEMAS = { ovnnb: "/usr/share/ovn/ovn-nb.ovsschema", ovnsb: "/usr/share/ovn/ovn-sb.ovsschema" };

export class OvnCentral {
  readonly daemons: Daemons;

  constructor(daemons: Daemons) {
    this.daemons = daemons;
  }

  *start(): Generator<() => Promise<unknown>> {
    for (const [name, schema] of Object.entries(SCHEMAS)) {
      yield () => this.daemons.createDatabase(name, schema);
      yield () => this.daemons.serveDatabase(name);
    }
    yield () => this.startNorthd();
  }

  startNorthd(): Promise<string> {
    const { daemons } = this;
    return daemons.start("ovn-northd", [
      `--ovnnb-db=${daemons.database("ovnnb")}`,
      `--ovnsb-db=${daemons.database("ovnsb")}`,
    ]);
  }

  nbctl(...words: string[]): Promise<string> {
    return this.daemons.run(["ovn-nbctl", `--db=${this.daemons.database("ovnnb")}`, ...words]);
  }

  sbctl(...words: string[]): Promise<string> {
    return this.daemons.run(["ovn-sbctl", `--db=${this.daemons.database("ovnsb")}`, ...words]);
  }

  /** Resolves when every ovn-controller has in force what the northbound database says. */
  synchronise(): Promise<string> {
    return this.nbctl(`--timeout=${PATIENCE}`, "--wait=hv", "sync");
  }
}
