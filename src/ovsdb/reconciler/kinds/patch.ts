/** One end of a patch between two bridges; `options:peer` names the other end. */
import type { InterfaceKind, PortRequest } from "./kind.ts";
import { virtualStatus } from "./virtual-status.ts";

export const patch: InterfaceKind = {
  types: ["patch"],
  async create(request) {
    const { switch: owner, bridge, name, ofport, settings } = request;
    return owner.ports.addPatchPort(name, peerOf(request), { bridge: bridge.name, ofport, settings });
  },
  change(port, request) {
    request.switch.ports.setPatchPeer(port, peerOf(request));
    return true;
  },
  status: virtualStatus,
  hasDeviceCounters: false,
};

function peerOf({ name, options }: PortRequest): string {
  const peer = options.get("peer");
  if (peer === undefined) throw new Error(`${name}: patch type requires valid 'peer' argument`);
  if (peer === name) throw new Error(`${name}: patch peer must not be self`);
  return peer;
}
