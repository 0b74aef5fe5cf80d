import { describe, expect, it } from "vitest";
import { readTunnelOptions } from "../../../src/slowpath/tunnel/options.ts";
import { ipv4Address, ipv6Address } from "../../model/frames.ts";

const read = (options: Record<string, string>, kind: "geneve" | "vxlan" = "geneve") =>
  readTunnelOptions("tun0", kind, new Map(Object.entries(options)));

describe("options of a tunnel interface", () => {
  it("are those that OVN gives", () => {
    expect(read({ csum: "true", key: "flow", remote_ip: "172.31.0.2" })).toEqual({
      kind: "geneve",
      destinationPort: 6081,
      inKey: "flow",
      port: { remote: ipv4Address("172.31.0.2"), key: "flow", tos: 0, ttl: 0, dontFragment: true, checksum: true },
    });
  });

  it("have defaults", () => {
    expect(read({ remote_ip: "192.0.2.1" }, "vxlan")).toMatchObject({
      destinationPort: 4789,
      inKey: "none",
      port: { key: "none", dontFragment: true, checksum: false },
    });
  });

  it("can leave addresses and keys to the flow, and differ by direction", () => {
    const options = { remote_ip: "flow", local_ip: "flow", in_key: "7", out_key: "0x9" };
    expect(read(options)).toMatchObject({ inKey: 7n, port: { remote: "flow", local: "flow", key: 9n } });
  });

  it("name IPv6 addresses, another port, and what is inherited from the packet", () => {
    const options = { remote_ip: "fd00::2", local_ip: "fd00::1", dst_port: "1234", tos: "inherit", ttl: "inherit" };
    expect(read({ ...options, df_default: "false" })).toMatchObject({
      destinationPort: 1234,
      port: {
        remote: ipv6Address("fd00:0000:0000:0000:0000:0000:0000:0002"),
        tos: "inherit",
        ttl: "inherit",
        dontFragment: false,
      },
    });
  });

  it.each([
    [{}, "tun0: geneve type requires valid 'remote_ip' argument"],
    [{ remote_ip: "nowhere" }, "tun0: geneve type requires valid 'remote_ip' argument"],
    [{ remote_ip: "1.2.3.4", local_ip: "1.2.3" }, "tun0: bad geneve 'local_ip'"],
    [{ remote_ip: "1.2.3.4", local_ip: "::1" }, "tun0: remote_ip and local_ip are of different address families"],
    [{ remote_ip: "1.2.3.4", key: "16777216" }, 'tun0: key 16777216 is neither "flow" nor a number up to 16777215'],
    [{ remote_ip: "1.2.3.4", dst_port: "0" }, "tun0: dst_port 0 is not a number from 1 to 65535"],
    [{ remote_ip: "1.2.3.4", ttl: "256" }, "tun0: ttl 256 is not a number from 0 to 255"],
    [{ remote_ip: "1.2.3.4", exts: "gbp" }, "tun0: geneve option 'exts' is not supported"],
    [{ remote_ip: "1.2.3.4", packet_type: "ptap" }, "tun0: packet_type ptap is not supported"],
  ])("are refused with a sentence: %j", (options, sentence) => {
    expect(() => read(options as Record<string, string>)).toThrow(sentence);
  });
});
