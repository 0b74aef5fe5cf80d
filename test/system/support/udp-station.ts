/**
 * Datagrams that tell who answered.
 *   `node udp-station.ts serve PORT TEXT`              answers each with TEXT; prints a line when it listens; ends when its stdin closes
 *   `node udp-station.ts ask ADDRESS PORT COUNT SOCKETS` COUNT questions from SOCKETS sockets in turn, each awaited. Prints the answers
 *                                                      of each socket as JSON; one that is not answered in a second is null
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

const PATIENCE = 1000;
const [role, ...words] = process.argv.slice(2);

if (role === "serve") {
  const [port, text] = words;
  const socket = createSocket("udp4");
  socket.on("message", (_, from) => socket.send(text, from.port, from.address));
  socket.bind(Number(port), () => console.log(`listening on port ${port}`));
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  const [address, port, count, sockets] = words;
  const stations = Array.from({ length: Number(sockets) }, () => createSocket("udp4"));
  const answers: (string | null)[][] = stations.map(() => []);
  for (let i = 0; i < Number(count); i++) {
    const at = i % stations.length;
    answers[at].push(await ask(stations[at], address, Number(port)));
  }
  for (const station of stations) station.close();
  console.log(JSON.stringify(answers));
}

/** The answer must come from where the question went. */
async function ask(socket: Socket, address: string, port: number): Promise<string | null> {
  const answer = once(socket, "message", { signal: AbortSignal.timeout(PATIENCE) });
  socket.send("who?", port, address);
  try {
    const [bytes, from] = await answer;
    return from.address === address && from.port === port ? String(bytes) : null;
  } catch {
    return null;
  }
}
