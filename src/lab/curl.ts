/** The blog's test: real curl processes in the client's namespace, one new connection each. */
import { tryInNamespace } from "./namespaces.ts";

export interface CurlResult {
  readonly client: string;
  /** What the server said, without the newline; undefined when curl failed. */
  readonly answer?: string;
  /** curl's sentence when it failed. */
  readonly error?: string;
  readonly milliseconds: number;
}

export interface CurlOptions {
  readonly namespace: string;
  readonly url: string;
  /** Source address. */
  readonly client: string;
  /** Source port; default: one that is free. */
  readonly port?: number;
  readonly signal?: AbortSignal;
  /** Seconds before curl gives up. */
  readonly timeout?: number;
}

export async function curl(options: CurlOptions): Promise<CurlResult> {
  const { namespace, url, client, port, signal, timeout = 5 } = options;
  // HTTP 1.0: the server closes the connection, so that the client's port is free at once.
  const from = ["--interface", client, ...(port === undefined ? [] : ["--local-port", String(port), "--http1.0"])];
  const command = ["curl", "--silent", "--show-error", "--max-time", String(timeout), ...from, url];
  const start = performance.now();
  const { status, stdout, stderr } = await tryInNamespace(namespace, command, { signal });
  const milliseconds = performance.now() - start;
  if (status === 0) return { client, answer: stdout.trimEnd(), milliseconds };
  return { client, error: stderr.trim() || `curl ended with status ${status}`, milliseconds };
}
