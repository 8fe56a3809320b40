/**
 * @file Messages and answers of 16 bytes in turn over a warm TCP connection: `receive PORT BYTES`,
 * `send ADDRESS PORT BYTES COUNT`. The receiver prints how long each took from the write to the last byte, in ns.
 */
import { connect, createServer } from "node:net";

const [role, ...rest] = process.argv.slice(2);
const ANSWER = 16;

if (role === "receive") {
  const bytes = Number(rest[1]);
  const took: number[] = [];
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    let left = bytes;
    let sentAt = 0n;
    socket.on("data", (data) => {
      if (left === bytes) sentAt = data.readBigInt64LE(0);
      left -= data.length;
      if (left > 0) return;
      took.push(Number(process.hrtime.bigint() - sentAt));
      left = bytes;
      socket.write(Buffer.alloc(ANSWER));
    });
    socket.on("end", () => {
      console.log(JSON.stringify(took));
      socket.end();
      server.close();
    });
  });
  server.listen(Number(rest[0]), () => process.stderr.write("ready\n"));
} else {
  const message = Buffer.alloc(Number(rest[2]));
  let left = Number(rest[3]);
  const socket = connect(Number(rest[1]), rest[0]);
  socket.setNoDelay(true);
  const next = (): void => {
    if (left-- === 0) {
      socket.end();
      return;
    }
    message.writeBigInt64LE(process.hrtime.bigint());
    socket.write(message);
  };
  socket.on("connect", next);
  let answered = 0;
  socket.on("data", (data) => {
    answered += data.length;
    if (answered < ANSWER) return;
    answered = 0;
    next();
  });
}
