/**
 * Meters: token buckets as OVS's userspace datapath runs them (OpenFlow 1.3 §5.7).
 *
 * What: a band's bucket holds bits, or thousandths of packets, so that a millisecond at `rate` (kbit/s, packets/s) adds
 *   exactly `rate`. A packet goes through when every band can pay for it; otherwise the exceeded band with the highest
 *   rate drops it and counts it. Bands that could pay have paid, also for a packet that another band drops.
 * Invariants: the worker alone writes meter records; the main thread reads their counters.
 * Not handled: bands other than drop (OVS has none either). A meter that does not exist lets everything through.
 */
import { CONTROL_NOW } from "../layout/control.ts";
import { MAX_METERS, METER_MAX_BANDS } from "../layout/limits.ts";
import { METER_BAND, METER_BANDS, METER_BAND_BURST, METER_BAND_BYTES, METER_BAND_PACKETS, METER_BAND_RATE, METER_BAND_SIZE, METER_BAND_TOKENS, METER_BYTES, METER_FLAGS, METER_FLAG_PKTPS, METER_MAX_DELTA, METER_PACKETS, METER_SIZE, METER_STATE, METER_USED } from "../layout/meter.ts";
import { PACKET_LENGTH } from "../layout/packet.ts";
import { CONTROL_BASE, METERS_BASE } from "../memory.ts";

/** What a band may hold: `burst` seconds' worth of thousandths. */
const BURST_UNIT: u64 = 1000;

@inline
function meterAt(index: u32): usize {
  return METERS_BASE + <usize>index * METER_SIZE;
}

/** Sets a meter up from a record's bytes (rates, bursts, flags): full buckets, counters at zero. */
export function setMeter(index: u32, record: usize): void {
  if (index >= <u32>MAX_METERS) return;
  const meter = meterAt(index);
  memory.copy(meter, record, METER_SIZE);
  const bands = min<u32>(load<u32>(meter, METER_BANDS), METER_MAX_BANDS);
  store<u32>(meter, bands, METER_BANDS);
  store<u64>(meter, load<u64>(CONTROL_BASE, CONTROL_NOW), METER_USED);
  let longest: u64 = 0;
  for (let i: u32 = 0; i < bands; i++) {
    const band = meter + METER_BAND + <usize>i * METER_BAND_SIZE;
    const rate = load<u32>(band, METER_BAND_RATE);
    if (load<u32>(band, METER_BAND_BURST) == 0) store<u32>(band, rate, METER_BAND_BURST);
    const full = <u64>load<u32>(band, METER_BAND_BURST) * BURST_UNIT;
    store<u64>(band, full, METER_BAND_TOKENS);
    if (rate != 0) longest = max<u64>(longest, full / rate);
  }
  store<u32>(meter, <u32>min<u64>(longest, u32.MAX_VALUE), METER_MAX_DELTA);
}

export function deleteMeter(index: u32): void {
  if (index < <u32>MAX_METERS) memory.fill(meterAt(index), 0, METER_SIZE);
}

/** Whether the packet may go on; otherwise a band has counted it and the caller drops it. */
export function admit(index: u32, packet: usize): bool {
  if (index >= <u32>MAX_METERS) return true;
  const meter = meterAt(index);
  if (load<u32>(meter, METER_STATE) == 0) return true;
  const bytes = <u64>load<u32>(packet, PACKET_LENGTH);
  store<u64>(meter, load<u64>(meter, METER_PACKETS) + 1, METER_PACKETS);
  store<u64>(meter, load<u64>(meter, METER_BYTES) + bytes, METER_BYTES);
  refill(meter);

  const price = load<u32>(meter, METER_FLAGS) & METER_FLAG_PKTPS ? 1000 : bytes * 8;
  const exceeded = drain(meter, price);
  if (exceeded == 0) return true;
  store<u64>(exceeded, load<u64>(exceeded, METER_BAND_PACKETS) + 1, METER_BAND_PACKETS);
  store<u64>(exceeded, load<u64>(exceeded, METER_BAND_BYTES) + bytes, METER_BAND_BYTES);
  return false;
}

function refill(meter: usize): void {
  const now = load<u64>(CONTROL_BASE, CONTROL_NOW);
  const used = load<u64>(meter, METER_USED);
  if (now <= used) return;
  store<u64>(meter, now, METER_USED);
  const delta = min<u64>(now - used, load<u32>(meter, METER_MAX_DELTA));
  const bands = load<u32>(meter, METER_BANDS);
  for (let i: u32 = 0; i < bands; i++) {
    const band = meter + METER_BAND + <usize>i * METER_BAND_SIZE;
    const tokens = load<u64>(band, METER_BAND_TOKENS) + delta * load<u32>(band, METER_BAND_RATE);
    store<u64>(band, min<u64>(tokens, <u64>load<u32>(band, METER_BAND_BURST) * BURST_UNIT), METER_BAND_TOKENS);
  }
}

/** Every band that can pays the price; of those that cannot, the one with the highest rate (the first of equals), or 0. */
function drain(meter: usize, price: u64): usize {
  const bands = load<u32>(meter, METER_BANDS);
  let exceeded: usize = 0;
  let exceededRate: u32 = 0;
  for (let i: u32 = 0; i < bands; i++) {
    const band = meter + METER_BAND + <usize>i * METER_BAND_SIZE;
    const tokens = load<u64>(band, METER_BAND_TOKENS);
    const rate = load<u32>(band, METER_BAND_RATE);
    if (tokens >= price) {
      store<u64>(band, tokens - price, METER_BAND_TOKENS);
    } else if (rate > exceededRate) {
      exceeded = band;
      exceededRate = rate;
    }
  }
  return exceeded;
}
