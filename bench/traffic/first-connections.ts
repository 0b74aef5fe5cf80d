/**
 * `node first-connections.ts NETWORK COUNT PORT`: one TCP connection to each of NETWORK.1 … NETWORK.COUNT, one after the other: each is
 * the first that its address sees. Prints one line of JSON: p50 and p99 of the time that connect() takes, in microseconds. One that is
 * not taken is an error.
 */
import { quantile } from "../statistics.ts";
import { close, connectTo, openSocket, setTimeLimit } from "./sockets.ts";

const TIME_LIMIT = 5;
const [network, count, port] = process.argv.slice(2);

const times: number[] = [];
for (let i = 1; i <= Number(count); i++) {
  const descriptor = openSocket("tcp");
  setTimeLimit(descriptor, TIME_LIMIT);
  const start = process.hrtime.bigint();
  connectTo(descriptor, `${network}.${i}`, Number(port));
  times.push(Number(process.hrtime.bigint() - start) / 1000);
  close(descriptor);
}
console.log(JSON.stringify({ p50: quantile(times, 0.5), p99: quantile(times, 0.99) }));
