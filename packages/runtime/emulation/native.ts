/**
 * @file The system calls of Linux that Node has no name for, through koffi: namespaces, TUN devices, waiting, scheduling.
 *
 * Numbers are those of the kernel's headers, the same on x86-64 and arm64.
 */
import koffi from "koffi";
import { constants } from "node:os";

const libc = koffi.load(null);
const sys = {
  unshare: libc.func("int unshare(int flags)"),
  setns: libc.func("int setns(int fd, int type)"),
  ioctl: libc.func("int ioctl(int fd, unsigned long request, void *argument)"),
  read: libc.func("intptr_t read(int fd, void *to, size_t bytes)"),
  write: libc.func("intptr_t write(int fd, const void *from, size_t bytes)"),
  ppoll: libc.func("int ppoll(void *fds, unsigned long count, void *timeout, void *mask)"),
  socketpair: libc.func("int socketpair(int domain, int type, int protocol, void *fds)"),
  close: libc.func("int close(int fd)"),
  scheduler: libc.func("int sched_setscheduler(int pid, int policy, void *parameters)"),
  prctl: libc.func("int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)"),
};

const CLONE_NEWNET = 0x40000000;
const TUNSETIFF = 0x400454ca;
const IFF_TUN = 1;
const IFF_NO_PI = 0x1000;
const SCHED_FIFO = 1;
const SCHED_IDLE = 5;
const PR_SET_TIMERSLACK = 29;
const POLLIN = 1;
const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;
const SOCK_NONBLOCK = 0x800;
const SOCK_CLOEXEC = 0x80000;
const { EAGAIN, EINTR, ENOBUFS, EIO } = constants.errno;

/** A system call failed. */
export class SystemError extends Error {
  readonly errno: number;

  constructor(call: string, errno: number) {
    const name = Object.entries(constants.errno).find(([, value]) => value === errno)?.[0] ?? `error ${errno}`;
    super(`${call}: ${name}`);
    this.errno = errno;
  }
}

function checked(call: string, result: number): number {
  if (result < 0) throw new SystemError(call, koffi.errno());
  return result;
}

/** The calling thread, and the processes that it starts from here on, get a network of their own. */
export function enterNewNetwork(): void {
  checked("unshare(CLONE_NEWNET)", sys.unshare(CLONE_NEWNET));
}

/** The calling thread goes to the network that `fd` (of /proc/.../ns/net) names. */
export function enterNetwork(fd: number): void {
  checked("setns", sys.setns(fd, CLONE_NEWNET));
}

/** Makes `fd` (of /dev/net/tun) the device `name` of the thread's network. */
export function makeTun(fd: number, name: string): void {
  const request = Buffer.alloc(40);
  request.write(name, 0, 15, "latin1");
  request.writeUInt16LE(IFF_TUN | IFF_NO_PI, 16);
  checked("ioctl(TUNSETIFF)", sys.ioctl(fd, TUNSETIFF, request));
}

/** Two descriptors joined by packets, that do not block; for use before there is a network. */
export function packetPair(): [number, number] {
  const fds = new Int32Array(2);
  checked("socketpair", sys.socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds));
  return [fds[0]!, fds[1]!];
}

export function closeDescriptor(fd: number): void {
  checked("close", sys.close(fd));
}

/** Reads a packet from a descriptor that does not block: its bytes, 0 where none waits. */
export function readPacket(fd: number, packet: Uint8Array): number {
  const bytes: number = sys.read(fd, packet, packet.length);
  if (bytes >= 0) return bytes;
  const errno = koffi.errno();
  if (errno === EAGAIN || errno === EINTR) return 0;
  throw new SystemError("read", errno);
}

/** Whether the packet was taken: not where the device is full or down. */
export function writePacket(fd: number, packet: Uint8Array, bytes: number): boolean {
  if (sys.write(fd, packet, bytes) === bytes) return true;
  const errno = koffi.errno();
  if (errno === EAGAIN || errno === ENOBUFS || errno === EIO || errno === EINTR) return false;
  throw new SystemError("write", errno);
}

/** Waits until one of some descriptors can be read, or a time has passed. */
export class Poll {
  private readonly fds: Buffer;
  private readonly count: number;
  /** A timespec: two words of 64 bits, of which the lower halves are enough. */
  private readonly timeout = new Int32Array(4);

  constructor(fds: readonly number[]) {
    this.count = fds.length;
    this.fds = Buffer.alloc(8 * fds.length);
    for (const [i, fd] of fds.entries()) {
      this.fds.writeInt32LE(fd, 8 * i);
      this.fds.writeInt16LE(POLLIN, 8 * i + 4);
    }
  }

  /** @param ns at most 1e9 */
  wait(ns: number): void {
    this.timeout[2] = Math.min(Math.max(0, Math.floor(ns)), 999_999_999);
    if (sys.ppoll(this.fds, this.count, this.timeout, null) >= 0) return;
    const errno = koffi.errno();
    if (errno !== EINTR) throw new SystemError("ppoll", errno);
  }

  /** Whether the descriptor at `index` had something, or ended, when the last wait ended. */
  ready(index: number): boolean {
    return this.fds.readInt16LE(8 * index + 6) !== 0;
  }
}

/**
 * Puts the calling thread before all that are not in real time, and has its timers end at their instant.
 * @returns how it is scheduled, and why not in real time
 */
export function hurry(priority: number): { scheduling: "fifo" | "normal"; why?: string } {
  sys.prctl(PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const parameters = Buffer.alloc(4);
  parameters.writeInt32LE(priority);
  if (sys.scheduler(0, SCHED_FIFO, parameters) === 0) return { scheduling: "fifo" };
  return { scheduling: "normal", why: new SystemError("sched_setscheduler(SCHED_FIFO)", koffi.errno()).message };
}

/** Has the calling thread run only where no other would. */
export function giveWay(): void {
  checked("sched_setscheduler(SCHED_IDLE)", sys.scheduler(0, SCHED_IDLE, Buffer.alloc(4)));
}
