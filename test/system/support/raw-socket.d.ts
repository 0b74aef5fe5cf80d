/** What the probes use of the package raw-socket, which has no types of its own. */
declare module "raw-socket" {
  import type { EventEmitter } from "node:events";

  interface Socket extends EventEmitter {
    on(event: "message", listener: (packet: Buffer, source: string) => void): this;
    on(event: "error", listener: (error: Error) => void): this;
    setOption(level: number, option: number, value: number): void;
    send(
      packet: Buffer,
      offset: number,
      length: number,
      address: string,
      done: (error: Error | null, bytes: number) => void,
    ): void;
    close(): void;
  }

  const raw: {
    createSocket(options: { protocol: number }): Socket;
    createChecksum(...parts: Buffer[]): number;
    readonly Protocol: { readonly ICMP: number; readonly UDP: number };
    readonly SocketLevel: { readonly IPPROTO_IP: number };
    readonly SocketOption: { readonly IP_TTL: number };
  };
  export default raw;
}
