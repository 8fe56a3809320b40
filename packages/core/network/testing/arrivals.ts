/** @file For tests: packets put on one direction of a link at given times, and when they come out. */
import { VirtualClock } from "../clock.ts";
import { createLink } from "../link.ts";
import type { LinkParameters } from "../link-options.ts";
import { FLOW, PacketPool, SIZE } from "../packet.ts";

/**
 * Sends packets of `sizes` bytes (the last size for all further ones; no link header unless the options say one) at
 * `times`, and gives, by packet, when it arrived; -1: never.
 */
export function arrivalsOf(
  options: LinkParameters,
  times: readonly number[],
  sizes: readonly number[],
  { seed = 1, back = false }: { seed?: number; back?: boolean } = {},
): number[] {
  const clock = new VirtualClock();
  const pool = new PacketPool();
  const link = createLink(clock, pool, { name: "l", a: "a", b: "b", options: { header: 0, ...options } }, seed);
  const channel = back ? link.backward : link.forward;
  const arrived = times.map(() => -1);
  const indexOf = new Map<number, number>();
  channel.targets[0] = {
    receive: (packet) => {
      arrived[indexOf.get(packet)!] = clock.now;
      pool.release(packet);
    },
  };
  for (const [index, time] of times.entries()) {
    const fire = (): void => {
      const packet = pool.take();
      pool.rows[packet + SIZE] = sizes[index] ?? sizes.at(-1)!;
      pool.rows[packet + FLOW] = 0;
      indexOf.set(packet, index);
      channel.send(packet);
    };
    clock.at(time, { fire });
  }
  clock.run();
  return arrived;
}
