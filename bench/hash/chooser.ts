/** Whoever gives each connection a backend. */
export interface Backend {
  readonly id: number;
  readonly weight: number;
}

export interface Chooser {
  setBackends(backends: readonly Backend[]): Promise<void>;
  /** The id of the backend for each frame. Their marks number them. @throws CheckFailed when a frame is lost or doubled. */
  choose(frames: readonly Uint8Array[]): Promise<Uint16Array>;
  close(): Promise<void>;
}
