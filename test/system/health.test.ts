/** Health checks of the embedded control plane: real servers that die and come back, real curls that must not notice. */
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { curl } from "../../src/lab/curl.ts";
import { ip, runInNamespace } from "../../src/lab/namespaces.ts";
import { type ProcessIdentity, terminate } from "../../src/lab/processes.ts";
import { CLIENT, type LabHost, SERVERS } from "../../src/lab/topology.ts";
import { sharedLab } from "./support/with-lab.ts";

const WEB_SERVER = fileURLToPath(new URL("../../src/lab/web-server.ts", import.meta.url));
const support = (name: string): string => fileURLToPath(new URL(`support/${name}`, import.meta.url));
const [MASTER, SLAVER] = SERVERS;
const BOTH = new Set(SERVERS.map(({ says }) => says));
const VIP = "1.1.1.60";
/** An address of the servers' network that no host has. */
const MONITOR = "1.1.1.2";
const PORT = 8080;
/** Milliseconds. */
const INTERVAL = 1000;
const TIMEOUT = 1000;
/** For what is not the health check's: a busy machine, the look at the status itself. */
const SLACK = 700;

describe.each(["tap", "veth"] as const)("a health check, %s ports", (ports) => {
  const lab = sharedLab({ ports });

  async function nbctl(script: string): Promise<string> {
    return lab().ask("nbctl", [], { script });
  }

  /** A load balancer with a health check, and servers behind it; gone at the end of the test. */
  async function balance(protocol: "tcp" | "udp", port: number, options = ""): Promise<void> {
    const backends = SERVERS.map(({ address }) => `${address}:${port}`).join(",");
    const mappings = SERVERS.map(({ address, logicalPort }) => `ip_port_mappings:${address}=${logicalPort}:${MONITOR}`);
    await nbctl(`
      ${options} lb-add checked ${VIP}:80 ${backends} ${protocol}
      set Load_Balancer checked ${mappings.join(" ")}
      --id=@hc create Load_Balancer_Health_Check vip="${VIP}\\:80" options:interval=1 options:timeout=1 -- add Load_Balancer checked health_check @hc
      ls-lb-add ls2 checked`);
    onTestFinished(async () => void (await nbctl("ls-lb-del ls2 checked\nlb-del checked")));
  }

  function startServer(host: LabHost): Promise<ProcessIdentity> {
    return lab().start(host.name, WEB_SERVER, ["--port", String(PORT), "--text", host.says!]);
  }

  async function startServers(): Promise<Map<LabHost, ProcessIdentity>> {
    const servers = new Map<LabHost, ProcessIdentity>();
    for (const host of SERVERS) servers.set(host, await startServer(host));
    onTestFinished(async () => {
      for (const server of servers.values()) await terminate(server);
    });
    return servers;
  }

  async function statusOf({ address }: LabHost): Promise<string> {
    return (await nbctl(`--bare --columns=status find Service_Monitor ip="\\"${address}\\""`)).trim();
  }

  /** Milliseconds until the backend has that status. */
  async function until(host: LabHost, status: "online" | "offline"): Promise<number> {
    const began = performance.now();
    await vi.waitFor(async () => expect(await statusOf(host)).toBe(status), { timeout: 10_000, interval: 20 });
    return Math.round(performance.now() - began);
  }

  async function answers(count: number): Promise<Set<string>> {
    const seen = new Set<string>();
    for (let i = 0; i < count; i++) {
      const { answer, error } = await curl({
        namespace: lab().namespace("ns3"),
        url: `http://${VIP}/`,
        client: CLIENT.address,
        timeout: 2,
      });
      seen.add(answer ?? error!);
    }
    return seen;
  }

  it("takes a dead server out of the rotation, and back when it lives", async () => {
    const servers = await startServers();
    await balance("tcp", PORT);
    for (const host of SERVERS) await until(host, "online");
    expect(await answers(16)).toEqual(BOTH);

    await terminate(servers.get(SLAVER)!);
    const gone = await until(SLAVER, "offline");
    expect(await answers(12)).toEqual(new Set([MASTER.says]));

    servers.set(SLAVER, await startServer(SLAVER));
    const back = await until(SLAVER, "online");
    expect(await answers(16)).toEqual(BOTH);
    console.log(`${ports}: out ${gone} ms after its death, back ${back} ms after it lived again`);
    expect(Math.max(gone, back)).toBeLessThan(INTERVAL + SLACK);
  });

  it("takes a host out that says nothing at all", async () => {
    await startServers();
    await balance("tcp", PORT);
    await until(SLAVER, "online");
    const namespace = lab().namespace(SLAVER.name);
    await ip("-n", namespace, "route", "add", "blackhole", `${MONITOR}/32`);
    onTestFinished(async () => void (await ip("-n", namespace, "route", "del", "blackhole", `${MONITOR}/32`)));
    expect(await until(SLAVER, "offline")).toBeLessThan(INTERVAL + TIMEOUT + SLACK);
    expect(await answers(8)).toEqual(new Set([MASTER.says]));
  });

  it("leaves no half-open connection behind: Linux takes the reset", async () => {
    await startServers();
    await balance("tcp", PORT);
    for (const host of SERVERS) await until(host, "online");
    const before = await synAcksSentAgain(lab().namespace(MASTER.name));
    // Linux sends a SYN-ACK again after a second: three probes, and as long again for the last of them.
    await new Promise((resolve) => setTimeout(resolve, 4 * INTERVAL));
    expect(await synAcksSentAgain(lab().namespace(MASTER.name))).toBe(before);
  });

  it("refuses connections when all are out and the load balancer rejects", async () => {
    await balance("tcp", PORT, "--reject");
    for (const host of SERVERS) await until(host, "offline");
    expect([...(await answers(1))][0]).toMatch(/Failed to connect|Connection refused|Couldn't connect/);
  });

  it("finds UDP servers by what they do not say", async () => {
    const echo = await lab().start(MASTER.name, support("udp-echo.ts"), ["5003"]);
    onTestFinished(() => terminate(echo));
    await balance("udp", 5003);
    await until(MASTER, "online");
    await until(SLAVER, "offline");
    const command = [process.execPath, support("udp-exchange.ts"), VIP, "80", "50", "100"];
    const result = JSON.parse(await runInNamespace(lab().namespace("ns3"), command));
    expect(result).toEqual({ sent: 50, returned: 50, damaged: 0 });
    await terminate(echo);
    // Silence counts as good after the timeout, and only then comes the next datagram.
    expect(await until(MASTER, "offline")).toBeLessThan(INTERVAL + TIMEOUT + SLACK);
  });

  it("asks IPv6 servers by IPv6", async () => {
    const { address, mac, logicalPort } = MASTER;
    const namespace = lab().namespace(MASTER.name);
    await ip("-n", namespace, "address", "add", "fd01::100/64", "dev", lab().device(MASTER), "nodad");
    const server = await startServer(MASTER);
    onTestFinished(() => terminate(server));
    await nbctl(`
      lsp-set-addresses ${logicalPort} "${mac} ${address} fd01::100"
      lb-add checked6 [fd00::60]:80 [fd01::100]:${PORT}
      set Load_Balancer checked6 ip_port_mappings:"\\"[fd01::100]\\""="${logicalPort}:[fd01::2]"
      --id=@hc create Load_Balancer_Health_Check vip="\\"[fd00::60]:80\\"" options:interval=1 options:timeout=1 -- add Load_Balancer checked6 health_check @hc`);
    onTestFinished(async () => {
      await nbctl(`lb-del checked6\nlsp-set-addresses ${logicalPort} "${mac} ${address}"`);
    });
    const server6 = { ...MASTER, address: "fd01::100" };
    await until(server6, "online");
    await terminate(server);
    expect(await until(server6, "offline")).toBeLessThan(INTERVAL + SLACK);
  });
});

/** Counter TCPSynRetrans of a namespace: SYN and SYN-ACK sent again. */
async function synAcksSentAgain(namespace: string): Promise<number> {
  const text = await runInNamespace(namespace, ["cat", "/proc/net/netstat"]);
  const [names, values] = text.split("\n").filter((line) => line.startsWith("TcpExt:"));
  return Number(values.split(" ")[names.split(" ").indexOf("TCPSynRetrans")]);
}
