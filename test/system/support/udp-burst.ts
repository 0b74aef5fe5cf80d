/**
 * Datagrams one way, faster than they can be taken.
 *   `node udp-burst.ts count PORT`                      counts what arrives; prints a line when it listens, and {"arrived"} as JSON when its stdin closes
 *   `node udp-burst.ts send ADDRESS PORT COUNT SIZES`   sends COUNT datagrams at once, of the sizes ("18" or "1400,100") in turn. Prints how
 *                                                       many the kernel took, as {"sent"} in JSON
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";

const [role, ...words] = process.argv.slice(2);

if (role === "count") {
  let arrived = 0;
  const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
  socket.on("message", () => arrived++);
  socket.bind(Number(words[0]), () => console.log("counting"));
  process.stdin
    .on("end", () => {
      console.log(JSON.stringify({ arrived }));
      process.exit(0);
    })
    .resume();
} else {
  const [address, port, count, sizes] = words;
  const payloads = sizes.split(",").map((size) => Buffer.alloc(Number(size), 0x5a));
  const socket = createSocket("udp4");
  socket.connect(Number(port), address);
  await once(socket, "connect");
  let sent = 0;
  const sends = Array.from(
    { length: Number(count) },
    (_, i) =>
      new Promise<void>((resolve) => {
        socket.send(payloads[i % payloads.length], (error) => {
          if (!error) sent++;
          resolve();
        });
      }),
  );
  await Promise.all(sends);
  socket.close();
  console.log(JSON.stringify({ sent }));
}
