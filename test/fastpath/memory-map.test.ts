import { describe, expect, it } from "vitest";
import { CONTROL_SIZE } from "../../assembly/layout/control.ts";
import { COUNTER_COUNT } from "../../assembly/layout/counter.ts";
import { GENEVE_OPTION_LIMIT, GENEVE_OPTION_SIZE, GENEVE_OPTIONS } from "../../assembly/layout/geneve-option.ts";
import { REGION_HEADER_SIZE } from "../../assembly/layout/region.ts";
import { RING_DATA } from "../../assembly/layout/ring.ts";
import * as map from "../../assembly/memory.ts";

const MEMORY_BYTES = map.MEMORY_PAGES * 65536;

/** Name, first byte, end. */
const REGIONS: readonly (readonly [string, number, number])[] = [
  ["control", map.CONTROL_BASE, map.CONTROL_BASE + CONTROL_SIZE],
  ["counters", map.COUNTERS_BASE, map.COUNTERS_BASE + COUNTER_COUNT * 8],
  ["ports", map.PORTS_BASE, map.PACKETS_BASE],
  ["packets", map.PACKETS_BASE, map.KEYS_BASE],
  ["keys", map.KEYS_BASE, map.KEYS_END],
  ["CRC32c tables", map.CRC32C_TABLES_BASE, map.CRC32C_TABLES_BASE + 4 * 256 * 4],
  ["scratch", map.SCRATCH_BASE, map.SCRATCH_BASE + map.SCRATCH_SIZE],
  ["io", map.IO_BASE, map.IO_BASE + map.IO_SIZE],
  ["upcall ring", map.UPCALL_RING_BASE, map.UPCALL_RING_BASE + RING_DATA + map.UPCALL_RING_BYTES],
  ["upcall shares", map.UPCALL_SHARES_BASE, map.UPCALL_SHARES_END],
  ["command ring", map.COMMAND_RING_BASE, map.COMMAND_RING_BASE + RING_DATA + map.COMMAND_RING_BYTES],
  ["cache", map.CACHE_BASE, map.CACHE_END],
  ["masks", map.MASKS_BASE, map.MASKS_END],
  ["meters' header", map.METERS_HEADER_BASE, map.METERS_HEADER_BASE + REGION_HEADER_SIZE],
  ["meters", map.METERS_BASE, map.METERS_END],
  ["clone heads", map.CLONE_HEADS_BASE, map.CLONE_HEADS_END],
  ["pipeline", map.PIPELINE_BASE, map.PIPELINE_BASE + map.PIPELINE_SIZE],
  ["Geneve options", map.GENEVE_OPTIONS_BASE, map.GENEVE_OPTIONS_BASE + map.GENEVE_OPTIONS_SIZE],
  ["buffers", map.BUFFERS_BASE, map.BUFFERS_END],
  ["transmit", map.TRANSMIT_BASE, map.TRANSMIT_END],
  ["tunnels", map.TUNNELS_BASE, map.TUNNELS_END],
  ["tunnel arrivals", map.TUNNEL_ARRIVALS_BASE, map.TUNNEL_ARRIVALS_BASE + map.TUNNEL_ARRIVALS_SIZE],
  ["subtables", map.SUBTABLES_BASE, map.SUBTABLES_BASE + map.SUBTABLES_SIZE],
  ["arena's header", map.ARENA_HEADER_BASE, map.ARENA_HEADER_BASE + REGION_HEADER_SIZE],
  ["arena", map.ARENA_BASE, map.ARENA_BASE + map.ARENA_SIZE],
  ["fragments", map.FRAGMENTS_BASE, map.FRAGMENTS_BASE + map.FRAGMENTS_SIZE],
  ["conntrack", map.CONNTRACK_BASE, map.CONNTRACK_BASE + map.CONNTRACK_SIZE],
  ["connections", map.CONNECTIONS_BASE, map.CONNECTIONS_END],
  ["offload slots", map.OFFLOAD_SLOTS_BASE, map.OFFLOAD_SLOTS_END],
  ["offload", map.OFFLOAD_BASE, map.OFFLOAD_END],
  ["windows", map.WINDOWS_BASE, map.WINDOWS_BASE + map.WINDOWS_SIZE],
];

describe("map of linear memory", () => {
  it("has no regions that overlap, and none outside the memory", () => {
    const sorted = REGIONS.toSorted((a, b) => a[1] - b[1]);
    let end = 1; // address 0 stands for "none"
    for (const [name, from, to] of sorted) {
      expect(from, `${name} starts after its neighbor's end`).toBeGreaterThanOrEqual(end);
      expect(to, `${name} has room`).toBeGreaterThan(from);
      end = to;
    }
    expect(end).toBeLessThanOrEqual(MEMORY_BYTES);
  });

  it("names every base that memory.ts defines", () => {
    const bases = Object.entries(map).filter(([name]) => name.endsWith("_BASE"));
    expect(new Set(REGIONS.map(([, from]) => from))).toEqual(new Set(bases.map(([, address]) => address)));
  });

  it("keeps rings a power of two, as their positions are masked", () => {
    for (const bytes of [map.UPCALL_RING_BYTES, map.COMMAND_RING_BYTES]) expect(bytes & (bytes - 1)).toBe(0);
  });

  it("has room for every Geneve option", () => {
    expect(GENEVE_OPTIONS + GENEVE_OPTION_LIMIT * GENEVE_OPTION_SIZE).toBeLessThanOrEqual(map.GENEVE_OPTIONS_SIZE);
  });
});
