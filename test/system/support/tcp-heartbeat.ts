/**
 * One TCP connection that never rests.
 *   `node tcp-heartbeat.ts echo PORT`       sends back what it gets; prints a line when it listens; ends when its stdin closes
 *   `node tcp-heartbeat.ts beat HOST PORT`  sends a byte every 5 ms, and prints a line when the first comes back; when its stdin
 *                                           closes it prints {"beats", "longest", "fault"} as JSON: bytes that came back, the longest
 *                                           time between two of them in milliseconds, and why the connection ended too early
 */
import { connect, createServer } from "node:net";

const EVERY = 5;
/** Waiting for bytes on their way when it is to end. */
const PATIENCE = 30_000;
const [role, ...words] = process.argv.slice(2);

if (role === "echo") {
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on("error", () => socket.destroy());
    socket.pipe(socket);
  });
  server.listen(Number(words[0]), () => console.log(`echoing on port ${words[0]}`));
  process.stdin.on("end", () => process.exit(0)).resume();
} else {
  let sent = 0;
  let beats = 0;
  let longest = 0;
  let last = 0;
  let ending = false;
  const finish = (fault?: string): void => {
    console.log(JSON.stringify({ beats, longest: Math.round(longest), fault }));
    process.exit(0);
  };
  const socket = connect({ host: words[0], port: Number(words[1]), noDelay: true });
  const pulse = setInterval(() => {
    if (socket.readyState === "open" && !ending) {
      socket.write(".");
      sent++;
    }
  }, EVERY);
  socket.on("data", (bytes) => {
    const now = performance.now();
    if (beats === 0) console.log("beating");
    else longest = Math.max(longest, now - last);
    last = now;
    beats += bytes.length;
    if (ending && beats === sent) finish();
  });
  socket.on("error", ({ message }) => finish(message));
  socket.on("close", () => finish("the other side closed it"));
  process.stdin
    .on("end", () => {
      ending = true;
      clearInterval(pulse);
      if (beats === sent) finish();
      setTimeout(() => finish(`${sent - beats} bytes did not come back`), PATIENCE);
    })
    .resume();
}
