/** `node udp-echo.ts PORT`: sends every datagram back. Prints a line when it listens; ends when its stdin closes. */
import { createSocket } from "node:dgram";

const port = Number(process.argv[2]);
const socket = createSocket({ type: "udp4", recvBufferSize: 4 << 20 });
socket.on("message", (message, { port, address }) => socket.send(message, port, address));
socket.bind(port, () => console.log(`echoing on port ${port}`));
process.stdin.on("end", () => process.exit(0)).resume();
