/** @file Keeps a processor busy for some seconds, then ends by itself: `node bench/busy/hog.ts SECONDS`. */

const seconds = Math.min(600, Number(process.argv[2]));
const end = performance.now() + 1000 * seconds;
let sum = 0;
while (performance.now() < end) for (let i = 0; i < 1e6; i++) sum += Math.sqrt(i);
process.exitCode = sum > 0 ? 0 : 1;
