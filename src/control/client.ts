/** The other end: sends one request and hands the answer on, line by line. */
import { once } from "node:events";
import { connect } from "node:net";
import { CommandError, EXIT_MISSING } from "./command-error.ts";
import { type ControlRequest, LineReader, parseMessage } from "./protocol.ts";

/**
 * Resolves when the daemon is done. `onText` gets each piece of text as it comes.
 * @throws CommandError with the daemon's sentence, or saying that no daemon answers.
 */
export async function callDaemon(
  path: string,
  request: Pick<ControlRequest, "command"> & Partial<ControlRequest>,
  onText: (text: string) => void,
): Promise<void> {
  const socket = connect(path);
  try {
    await once(socket, "connect");
  } catch (error) {
    throw connectError(path, error as NodeJS.ErrnoException);
  }
  try {
    socket.write(`${JSON.stringify(request)}\n`);
    const lines = new LineReader();
    for await (const chunk of socket) {
      for (const line of lines.push(chunk as Buffer)) {
        const message = parseMessage(line);
        if ("out" in message) onText(message.out);
        else if ("error" in message) throw new CommandError(message.error);
        else return;
      }
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    throw new CommandError(`the connection to the daemon at ${path} broke: ${(error as Error).message}`);
  } finally {
    socket.destroy();
  }
  throw new CommandError(`the daemon at ${path} ended before it had answered`);
}

/** The whole answer as text. */
export async function askDaemon(
  path: string,
  command: string,
  words: readonly string[] = [],
  options: ControlRequest["options"] = {},
): Promise<string> {
  const pieces: string[] = [];
  await callDaemon(path, { command, arguments: words, options }, (text) => pieces.push(text));
  return pieces.join("\n");
}

function connectError(path: string, error: NodeJS.ErrnoException): CommandError {
  switch (error.code) {
    case "ENOENT":
    case "ECONNREFUSED":
      return new CommandError(
        `no megaflow daemon answers at ${path}: start one with "megaflow daemon" or "megaflow lab up"`,
        EXIT_MISSING,
      );
    case "EACCES":
      return new CommandError(
        `no permission to talk to the daemon at ${path}: run as the user who started it`,
        EXIT_MISSING,
      );
    default:
      return new CommandError(`cannot talk to the daemon at ${path}: ${error.message}`, EXIT_MISSING);
  }
}
