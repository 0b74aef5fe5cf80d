/** Port records, by port number. */
import { MAX_PORTS } from "../layout/limits.ts";
import { PORT_SIZE } from "../layout/port.ts";
import { PORTS_BASE } from "../memory.ts";

/** Record of a port number below MAX_PORTS. */
@inline
export function portRecord(port: u32): usize {
  return PORTS_BASE + <usize>port * PORT_SIZE;
}

@inline
export function isPortNumber(port: u32): bool {
  return port < <u32>MAX_PORTS;
}

/** Adds to one of the port's u64 counters, PORT_RX_* or PORT_TX_*. One worker writes them: no atomics. */
@inline
export function countPort(record: usize, counter: usize, amount: u64): void {
  store<u64>(record + counter, load<u64>(record + counter) + amount);
}
