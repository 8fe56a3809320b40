/**
 * @file Datagrams through an emulated link, for tests: `receive PORT COUNT QUIET_MS` prints which arrived and how long each took,
 * `send ADDRESS PORT COUNT BYTES GAP_MS` sends them. Run as a program, inside the link's hosts.
 */
import { createSocket } from "node:dgram";
import { setTimeout as sleep } from "node:timers/promises";

const [role, ...rest] = process.argv.slice(2);
const socket = createSocket("udp4");

async function send(address: string, port: number, count: number, bytes: number, gap: number): Promise<void> {
  const packet = Buffer.alloc(bytes);
  for (let i = 0; i < count; i++) {
    packet.writeUInt32LE(i);
    packet.writeBigInt64LE(process.hrtime.bigint(), 4);
    await new Promise((resolve) => {
      socket.send(packet, port, address, resolve);
    });
    if (gap > 0) await sleep(gap);
  }
  socket.close();
}

function receive(port: number, count: number, quiet: number): void {
  const arrived: { index: number; at: number; seconds: number }[] = [];
  const end = (): void => {
    socket.close();
    console.log(JSON.stringify(arrived));
  };
  let timer = setTimeout(end, 20 * quiet);
  socket.on("message", (packet) => {
    const now = process.hrtime.bigint();
    const took = now - packet.readBigInt64LE(4);
    arrived.push({ index: packet.readUInt32LE(0), at: Number(now) / 1e9, seconds: Number(took) / 1e9 });
    clearTimeout(timer);
    if (arrived.length === count) end();
    else timer = setTimeout(end, quiet);
  });
  socket.bind(port, () => process.stderr.write("ready\n"));
}

const numbers = rest.map(Number);
if (role === "send") await send(rest[0]!, numbers[1]!, numbers[2]!, numbers[3]!, numbers[4]!);
else receive(numbers[0]!, numbers[1]!, numbers[2]!);
