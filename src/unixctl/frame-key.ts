/**
 * The key that the fast path parses a frame to.
 *
 * A fast path of its own, without ports of the host, does it: there is one parser, and the switch's is on another thread.
 * Cost: a module and some megabytes, made when they are first needed and let go when nobody has needed them for a while.
 */
import { LocalDatapath } from "../fastpath/local-datapath.ts";
import { UnixctlError } from "./command.ts";

const KEPT = 10_000;
const PORT = 1;

let parser: { readonly datapath: LocalDatapath; readonly forget: NodeJS.Timeout } | undefined;

/** KEY_SIZE bytes; the metadata in front is not the frame's. @throws UnixctlError when it is none. */
export function keyOfFrame(frame: Uint8Array): Uint8Array {
  if (parser === undefined) {
    const datapath = new LocalDatapath();
    datapath.addTestPort("parser", PORT);
    const forget = setTimeout(() => {
      parser = undefined;
    }, KEPT).unref();
    parser = { datapath, forget };
  }
  const { datapath, forget } = parser;
  forget.refresh();
  datapath.inject(PORT, frame);
  datapath.run();
  const [upcall] = datapath.takeUpcalls();
  if (upcall === undefined) throw new UnixctlError("Packet data is not an Ethernet frame");
  return upcall.key;
}
