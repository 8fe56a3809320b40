/** @file A stream through an emulated link: `receive PORT` prints how many bytes came, `send ADDRESS PORT BYTES` sends them. */
import { connect, createServer } from "node:net";

const [role, ...rest] = process.argv.slice(2);
if (role === "send") {
  const socket = connect(Number(rest[1]), rest[0], () => socket.end(Buffer.alloc(Number(rest[2]))));
  socket.resume();
} else {
  const server = createServer((socket) => {
    let bytes = 0;
    socket.on("data", (data) => (bytes += data.length));
    socket.on("end", () => {
      console.log(JSON.stringify(bytes));
      socket.end();
      server.close();
    });
  });
  server.listen(Number(rest[0]), () => process.stderr.write("ready\n"));
}
