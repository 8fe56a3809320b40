/**
 * @file A sender and a receiver of datagrams that wait in the system's calls and not on an event loop, so that what they
 * measure is the link: `receive PORT QUIET_MS`, `send ADDRESS PORT COUNT BYTES NS_BETWEEN`. The receiver prints JSON.
 */
import koffi from "koffi";

const libc = koffi.load(null);
const socket = libc.func("int socket(int domain, int type, int protocol)");
const bind = libc.func("int bind(int fd, const void *address, unsigned int bytes)");
const connect = libc.func("int connect(int fd, const void *address, unsigned int bytes)");
const setsockopt = libc.func("int setsockopt(int fd, int level, int name, const void *value, unsigned int bytes)");
const send = libc.func("intptr_t send(int fd, const void *from, size_t bytes, int flags)");
const recv = libc.func("intptr_t recv(int fd, void *to, size_t bytes, int flags)");
const nanosleep = libc.func("int nanosleep(const void *time, void *rest)");
const scheduler = libc.func("int sched_setscheduler(int pid, int policy, const void *parameters)");

const AF_INET = 2;
const SOCK_DGRAM = 2;
const SOL_SOCKET = 1;
const SO_RCVTIMEO = 20;
const SO_RCVBUFFORCE = 33;
const SO_SNDBUFFORCE = 32;
const SCHED_FIFO = 1;
const BUFFER = Buffer.from(new Int32Array([64e6]).buffer);
/** The sender sleeps until so long before its time. */
const SPIN = 60_000;

function addressOf(address: string, port: number): Buffer {
  const made = Buffer.alloc(16);
  made.writeUInt16LE(AF_INET, 0);
  made.writeUInt16BE(port, 2);
  for (const [i, part] of address.split(".").entries()) made[4 + i] = Number(part);
  return made;
}

const [role, ...rest] = process.argv.slice(2);
scheduler(0, SCHED_FIFO, Buffer.from(new Int32Array([5]).buffer));
const fd = socket(AF_INET, SOCK_DGRAM, 0) as number;
const packet = Buffer.alloc(65_536);

if (role === "receive") {
  setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, BUFFER, 4);
  bind(fd, addressOf("0.0.0.0", Number(rest[0])), 16);
  const wait = (ms: number): void => {
    const time = Buffer.from(new BigInt64Array([BigInt(Math.floor(ms / 1000)), BigInt((ms % 1000) * 1000)]).buffer);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, time, 16);
  };
  const most = 200_000;
  const indices = new Uint32Array(most);
  const at = new Float64Array(most);
  const took = new Float64Array(most);
  let count = 0;
  process.stderr.write("ready\n");
  wait(10_000);
  const zero = process.hrtime.bigint();
  while (count < most && recv(fd, packet, packet.length, 0) >= 0) {
    const now = process.hrtime.bigint();
    if (count === 0) wait(Number(rest[1]));
    indices[count] = packet.readUInt32LE(0);
    at[count] = Number(now - zero);
    took[count++] = Number(now - packet.readBigInt64LE(4));
  }
  console.log(
    JSON.stringify({
      indices: Array.from(indices.subarray(0, count)),
      at: Array.from(at.subarray(0, count)),
      took: Array.from(took.subarray(0, count)),
    }),
  );
} else {
  const [count, bytes, between] = rest.slice(2).map(Number) as [number, number, number];
  setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, BUFFER, 4);
  connect(fd, addressOf(rest[0]!, Number(rest[1])), 16);
  const nap = new BigInt64Array(2);
  const start = process.hrtime.bigint();
  for (let i = 0; i < count; i++) {
    for (;;) {
      const left = i * between - Number(process.hrtime.bigint() - start);
      if (left <= 0) break;
      if (left < SPIN) continue;
      nap[1] = BigInt(Math.floor(Math.min(left - SPIN, 5e8)));
      nanosleep(nap, null);
    }
    packet.writeUInt32LE(i, 0);
    packet.writeBigInt64LE(process.hrtime.bigint(), 4);
    send(fd, packet, bytes, 0);
  }
}
