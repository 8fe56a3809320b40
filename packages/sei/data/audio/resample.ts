/** @file Sound at another rate: an ideal low-pass filter cut to some of its zero crossings by a window. */

/** Zero crossings of the filter on each side; 32 put what is above the band 80 dB down. */
const crossings = 32;
/** Part of the band that is kept: the rest is where the filter falls. */
const kept = 0.94;
/** Shape of Kaiser's window. */
const beta = 9;

/**
 * Samples at `to` a second of a sound with `from`: y(n) = sum of x(k) h(n from / to - k), with h the windowed sinc of the
 * lower of the two rates' bands. The first samples of both are at one time.
 * J. O. Smith, "Digital Audio Resampling", https://ccrma.stanford.edu/~jos/resample/
 */
export function resample(samples: Float32Array, from: number, to: number): Float32Array {
  if (from === to) return samples;
  const shared = gcd(from, to);
  const [step, phases] = [from / shared, to / shared];
  const cutoff = kept * Math.min(1, to / from);
  const half = crossings / cutoff;
  const taps = 2 * Math.ceil(half) + 1;
  // Times of output repeat between samples of input: a filter for each that is met.
  const filters = new Map<number, Float64Array>();
  const result = new Float32Array(Math.ceil((samples.length * to) / from));
  for (let n = 0; n < result.length; n++) {
    const phase = (n * step) % phases;
    const first = Math.floor((n * step) / phases) - Math.ceil(half);
    let filter = filters.get(phase);
    if (!filter) filters.set(phase, (filter = filterOf(phase / phases, cutoff, half, taps)));
    let sum = 0;
    const end = Math.min(taps, samples.length - first);
    for (let k = Math.max(0, -first); k < end; k++) sum += filter[k]! * samples[first + k]!;
    result[n] = sum;
  }
  return result;
}

/** The filter's values for an output `shift` of a sample behind its middle tap, scaled so that what is constant stays. */
function filterOf(shift: number, cutoff: number, half: number, taps: number): Float64Array {
  const filter = Float64Array.from({ length: taps }, (_, k) => {
    const t = k - Math.ceil(half) - shift;
    const edge = t / half;
    if (Math.abs(edge) >= 1) return 0;
    const x = Math.PI * cutoff * t;
    return (x === 0 ? 1 : Math.sin(x) / x) * bessel(beta * Math.sqrt(1 - edge * edge));
  });
  const sum = filter.reduce((a, b) => a + b);
  return filter.map((value) => value / sum);
}

/** Modified Bessel function of the first kind, order 0: sum of ((x / 2)^k / k!)^2. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > 1e-12 * sum; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function gcd(a: number, b: number): number {
  return b === 0 ? a : gcd(b, a % b);
}
