/** @file The discrete Fourier transform of real numbers, of any size: halved while it is even. */

/** Power at frequencies 0 to n / 2 of `n` real numbers: |sum of x_k e^(-2 pi i j k / n)|^2. */
export function powerSpectrum(n: number): (samples: Float64Array) => Float64Array {
  const [cos, sin] = [new Float64Array(n), new Float64Array(n)];
  for (let k = 0; k < n; k++) {
    cos[k] = Math.cos((2 * Math.PI * k) / n);
    sin[k] = Math.sin((2 * Math.PI * k) / n);
  }
  /** The transform of x_start, x_(start + stride) ... into `re` and `im` from `at` on. */
  const transform = (
    x: Float64Array,
    start: number,
    stride: number,
    re: Float64Array,
    im: Float64Array,
    at: number,
  ): void => {
    const size = n / stride;
    if (size % 2 === 1) {
      for (let j = 0; j < size; j++) {
        let [a, b] = [0, 0];
        for (let k = 0; k < size; k++) {
          const angle = (stride * ((j * k) % size)) % n;
          a += x[start + k * stride]! * cos[angle]!;
          b -= x[start + k * stride]! * sin[angle]!;
        }
        re[at + j] = a;
        im[at + j] = b;
      }
      return;
    }
    const half = size / 2;
    transform(x, start, 2 * stride, re, im, at);
    transform(x, start + stride, 2 * stride, re, im, at + half);
    // Cooley and Tukey's butterfly: even + w odd, even - w odd.
    for (let j = 0; j < half; j++) {
      const [c, s] = [cos[j * stride]!, sin[j * stride]!];
      const [a, b] = [re[at + half + j]!, im[at + half + j]!];
      const [u, v] = [c * a + s * b, c * b - s * a];
      const [p, q] = [re[at + j]!, im[at + j]!];
      re[at + j] = p + u;
      im[at + j] = q + v;
      re[at + half + j] = p - u;
      im[at + half + j] = q - v;
    }
  };
  const [re, im] = [new Float64Array(n), new Float64Array(n)];
  return (samples) => {
    transform(samples, 0, 1, re, im, 0);
    return Float64Array.from({ length: (n >> 1) + 1 }, (_, j) => re[j]! ** 2 + im[j]! ** 2);
  };
}
