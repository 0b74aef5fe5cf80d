/** An OpenFlow server of a switch in this thread, with its sockets in a directory of its own. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { OpenFlowServer, type OpenFlowServerOptions } from "../../src/openflow/server.ts";
import type { Version } from "../../src/openflow/wire/version.ts";
import type { SwitchLog } from "../../src/slowpath/switch.ts";
import { TestSwitch } from "../model/test-switch.ts";
import { TestClient } from "./client.ts";

export const silentLog: SwitchLog = { info() {}, warn() {}, error() {} };

export class TestServer {
  readonly lab: TestSwitch;
  readonly server: OpenFlowServer;
  readonly directory: string;
  /** Lines of the log: what was said, and its fields. */
  readonly logged: { message: string; fields: object }[];
  readonly #clients: TestClient[] = [];

  private constructor(lab: TestSwitch, server: OpenFlowServer, directory: string, logged: TestServer["logged"]) {
    this.lab = lab;
    this.server = server;
    this.directory = directory;
    this.logged = logged;
  }

  static async start(ports = 2, options: Partial<OpenFlowServerOptions> = {}): Promise<TestServer> {
    const directory = mkdtempSync(join(tmpdir(), "megaflow-openflow-"));
    const lab = await TestSwitch.start(ports);
    const logged: TestServer["logged"] = [];
    const line = (fields: object, message: string): void => void logged.push({ message, fields });
    const log: SwitchLog = { info: line, warn: line, error: line };
    const server = new OpenFlowServer({ switch: lab.switch, bridgeName: lab.bridge.name, directory, log, ...options });
    await server.ready;
    return new TestServer(lab, server, directory, logged);
  }

  get path(): string {
    return join(this.directory, `${this.lab.bridge.name}.mgmt`);
  }

  async connect(version?: Version, path = this.path): Promise<TestClient> {
    const client = await TestClient.connect(path, version);
    this.#clients.push(client);
    return client;
  }

  async close(): Promise<void> {
    for (const client of this.#clients) client.close();
    await this.server.close();
    await this.lab.switch.close();
    rmSync(this.directory, { recursive: true });
  }
}
