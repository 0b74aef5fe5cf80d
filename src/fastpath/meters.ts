/** Meters seen from the main thread: sets them by command, reads their counters from shared memory. */
import { COMMAND_ARGS, COMMAND_METER_DELETE, COMMAND_METER_SET } from "../../assembly/layout/command.ts";
import { MAX_METERS, METER_MAX_BANDS } from "../../assembly/layout/limits.ts";
import {
  METER_BAND,
  METER_BAND_BURST,
  METER_BAND_BYTES,
  METER_BAND_PACKETS,
  METER_BAND_RATE,
  METER_BAND_SIZE,
  METER_BANDS,
  METER_BYTES,
  METER_FLAG_BURST,
  METER_FLAG_KBPS,
  METER_FLAG_PKTPS,
  METER_FLAG_STATS,
  METER_FLAGS,
  METER_PACKETS,
  METER_SIZE,
  METER_STATE,
} from "../../assembly/layout/meter.ts";
import { METERS_BASE } from "../../assembly/memory.ts";
import type { CommandRing } from "./command-ring.ts";
import type { MeterSpec } from "./datapath.ts";

export interface MeterStatistics {
  packets: bigint;
  bytes: bigint;
  bands: { packets: bigint; bytes: bigint }[];
}

export class Meters {
  readonly #view: DataView;
  readonly #commands: CommandRing;

  constructor(memory: WebAssembly.Memory, commands: CommandRing) {
    this.#view = new DataView(memory.buffer);
    this.#commands = commands;
  }

  set(index: number, meter: MeterSpec): void {
    checkIndex(index);
    if (meter.bands.length > METER_MAX_BANDS) throw new RangeError(`a meter has at most ${METER_MAX_BANDS} bands`);
    if (meter.bands.some((band) => band.rate < 1)) throw new RangeError("a meter band needs a rate of at least 1");
    this.#commands.send(COMMAND_METER_SET, COMMAND_ARGS + 4 + METER_SIZE, (view, command) => {
      view.setUint32(command + COMMAND_ARGS, index, true);
      const record = command + COMMAND_ARGS + 4;
      new Uint8Array(view.buffer, record, METER_SIZE).fill(0);
      view.setUint32(record + METER_STATE, 1, true);
      view.setUint32(record + METER_FLAGS, flags(meter), true);
      view.setUint32(record + METER_BANDS, meter.bands.length, true);
      meter.bands.forEach(({ rate, burst }, i) => {
        const band = record + METER_BAND + i * METER_BAND_SIZE;
        view.setUint32(band + METER_BAND_RATE, rate, true);
        view.setUint32(band + METER_BAND_BURST, meter.burst ? burst : 0, true);
      });
    });
  }

  delete(index: number): void {
    checkIndex(index);
    this.#commands.send(COMMAND_METER_DELETE, COMMAND_ARGS + 4, (view, command) =>
      view.setUint32(command + COMMAND_ARGS, index, true),
    );
  }

  statistics(index: number): MeterStatistics {
    checkIndex(index);
    const view = this.#view;
    const meter = METERS_BASE + index * METER_SIZE;
    const bands = Math.min(view.getUint32(meter + METER_BANDS, true), METER_MAX_BANDS);
    return {
      packets: view.getBigUint64(meter + METER_PACKETS, true),
      bytes: view.getBigUint64(meter + METER_BYTES, true),
      bands: Array.from({ length: bands }, (_, i) => {
        const band = meter + METER_BAND + i * METER_BAND_SIZE;
        return {
          packets: view.getBigUint64(band + METER_BAND_PACKETS, true),
          bytes: view.getBigUint64(band + METER_BAND_BYTES, true),
        };
      }),
    };
  }
}

function flags(meter: MeterSpec): number {
  return (
    (meter.unit === "pktps" ? METER_FLAG_PKTPS : METER_FLAG_KBPS) |
    (meter.burst ? METER_FLAG_BURST : 0) |
    (meter.stats ? METER_FLAG_STATS : 0)
  );
}

function checkIndex(index: number): void {
  if (!Number.isInteger(index) || index < 0 || index >= MAX_METERS) throw new RangeError(`there is no meter ${index}`);
}
