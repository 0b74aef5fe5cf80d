/**
 * What DPDK's packet source costs alone: its own tester takes packets from the same pcap port as OVS, 32 at a time, and frees them.
 *
 *   in it      a buffer from the pool, the frame's copy into it, the buffer given back
 *   not in it  anything OVS does with them: its own record of a packet, parsing, look-up, actions, the transmit queue
 *
 * Its time a packet is the forwarding thread's processor time divided by the packets that the port counts.
 *
 * Invariants: it polls on processor 0 as long as it lives, so it is stopped (SIGSTOP) outside of its turns.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createInterface, type Interface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { identify, isAlive, terminate } from "../../src/lab/processes.ts";
import { check } from "../bench.ts";
import { TESTPMD } from "../install.ts";
import { threadNanoseconds } from "../processor-time.ts";
import { captureDevice } from "./capture.ts";

/** Buffers of a pool as OVS makes it (netdev-dpdk.c): 2,880 bytes of which 128 are the record; a processor keeps 512 of them. */
const BUFFER = 2880 - 128;
const KEPT = 512;
/** The least that OVS has (MIN_NB_MBUF), besides those that the port keeps: one a frame. */
const BUFFERS = 16_384;
const SETTLE = 20;
const START_LIMIT = 20_000;
const COUNT = /RX-packets: (\d+) +RX-missed/;

export class DpdkSource {
  readonly #child: ChildProcess;
  readonly #lines: Interface;
  #said = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#lines = createInterface({ input: child.stdout! });
    this.#lines.on("line", (line) => {
      this.#said = line;
    });
    child.stdin!.on("error", () => undefined);
  }

  /** Plays the file; `options`: of DPDK's environment. */
  static async start(file: string, flows: number, options: readonly string[]): Promise<DpdkSource> {
    const environment = [...options, "--lcores=0@0,1@1", "--main-lcore=1", `--vdev=${captureDevice("source", file)}`];
    const tester = [
      "--interactive",
      "--auto-start",
      "--forward-mode=rxonly",
      "--nb-cores=1",
      `--mbuf-size=${BUFFER}`,
      `--mbcache=${KEPT}`,
      `--total-num-mbufs=${flows + BUFFERS}`,
    ];
    // Its answers come when they are said, not when a buffer is full.
    const command = ["-oL", TESTPMD, ...environment, "--", ...tester];
    const child = spawn("stdbuf", command, { stdio: ["pipe", "pipe", "ignore"] });
    const made = new DpdkSource(child);
    try {
      await made.#received(START_LIMIT);
      made.pause();
      return made;
    } catch (error) {
      await made.stop();
      throw error;
    }
  }

  pause(): void {
    process.kill(this.#child.pid!, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.#child.pid!, "SIGCONT");
  }

  /** Nanoseconds a packet. */
  async measure(milliseconds: number): Promise<number> {
    this.resume();
    try {
      await delay(SETTLE);
      const before = await this.#account();
      await delay(milliseconds);
      const after = await this.#account();
      const received = after.received - before.received;
      check(received > 0, "nothing was received from the packet source alone");
      return (after.nanoseconds - before.nanoseconds) / received;
    } finally {
      this.pause();
    }
  }

  async stop(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    const identity = identify(pid);
    if (isAlive(identity)) this.resume();
    this.#lines.close();
    await terminate(identity);
  }

  async #account(): Promise<{ received: number; nanoseconds: number }> {
    const received = await this.#received();
    return { received, nanoseconds: threadNanoseconds(this.#child.pid!, "rte-worker") };
  }

  /** What the port has counted up to now. @throws CheckFailed when there is no answer. */
  async #received(limit = 2000): Promise<number> {
    const answer = new Promise<string>((resolve, reject) => {
      const late = () => stop(new Error(`${TESTPMD} does not answer: ${this.#said}`));
      const timer = setTimeout(late, limit);
      const stop = (error?: Error) => {
        clearTimeout(timer);
        this.#lines.off("line", look);
        this.#child.off("exit", ended);
        this.#child.off("error", stop);
        if (error) reject(error);
      };
      const look = (line: string) => {
        const found = COUNT.exec(line);
        if (found === null) return;
        stop();
        resolve(found[1]);
      };
      const ended = () => stop(new Error(`${TESTPMD} ended: ${this.#said}`));
      this.#lines.on("line", look);
      this.#child.once("exit", ended);
      this.#child.once("error", stop);
    });
    this.#child.stdin!.write("show port stats 0\n");
    return Number(await answer);
  }
}
