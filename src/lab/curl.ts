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
  readonly signal?: AbortSignal;
  /** Seconds before curl gives up. */
  readonly timeout?: number;
}

export async function curl(options: CurlOptions): Promise<CurlResult> {
  const { namespace, url, client, signal, timeout = 5 } = options;
  const command = ["curl", "--silent", "--show-error", "--max-time", String(timeout), "--interface", client, url];
  const start = performance.now();
  const { status, stdout, stderr } = await tryInNamespace(namespace, command, { signal });
  const milliseconds = performance.now() - start;
  if (status === 0) return { client, answer: stdout.trimEnd(), milliseconds };
  return { client, error: stderr.trim() || `curl ended with status ${status}`, milliseconds };
}
