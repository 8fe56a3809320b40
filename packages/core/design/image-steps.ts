/** @file What each frame of a design passes where frames show images: sizes, and who leaves at an exit, by image. */
import type { Step } from "../frames/index.ts";
import { deadlineOf, type Study } from "../study/index.ts";
import type { Design } from "./design.ts";
import { bytesSent, wayOf } from "./way.ts";

/** What is known of a design and of the test images. */
export interface ByImage {
  images: number;
  /** Nanoseconds of work on a host for each frame of the study; the same whenever it is asked. */
  frames(host: string, work: string): Float64Array;
  /** How many times as long n frames take together, by n - 1, where a host serves in batches. */
  together?(host: string, work: string): readonly number[] | undefined;
  /** By crossing, payload bytes of each image's message; absent where nothing is sent. */
  bytes?: readonly Uint32Array[];
  /** Bytes of the answer to each on its way. */
  answers: Uint32Array;
  /** By image, whether an exit is sure of it; absent: there is none. */
  taken?: Uint8Array;
}

/** Frame i shows image i modulo their number. */
export function stepsByImage(
  design: Design,
  study: Pick<Study, "frames" | "links" | "requirements">,
  { images, frames, together, bytes, answers, taken }: ByImage,
): Step[] {
  const { count } = study.frames;
  const byFrame = (ofImages: Uint32Array): Uint32Array =>
    Uint32Array.from({ length: count }, (_, i) => ofImages[i % images]!);
  return wayOf(design, study, {
    ns: frames,
    ...(together && { together }),
    bytes: (crossing) => byFrame(bytes![crossing]!),
    answer: () => byFrame(answers),
    deadline: 1e9 * deadlineOf(study),
    ...(taken && { taken: () => Uint8Array.from({ length: count }, (_, i) => taken[i % images]!) }),
  });
}

/** Mean bytes that the capturing host sends for an image, with what is added to them; nothing of one that leaves at an exit. */
export function sentByImage(
  { crossings }: Pick<Design, "crossings">,
  { bytes, taken }: Pick<ByImage, "bytes" | "taken">,
): number {
  if (!bytes) return 0;
  const { transport } = crossings[0]!;
  const crosses = (image: number): boolean => taken?.[image] !== 1;
  const [first] = bytes as [Uint32Array];
  return first.reduce((sum, size, i) => sum + (crosses(i) ? bytesSent(size, transport) : 0), 0) / first.length;
}
