/** @file Picture files as people see them: turned as their EXIF data say, on black where transparent, in eight bits. */
import sharp, { type Metadata, type Sharp } from "sharp";
import { dataError } from "./files.ts";
import type { Fitting, Size } from "./fit.ts";

/** What is read, by the end of a file's name. */
const endings = ["jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "tif", "tiff", "avif"];
const pattern = new RegExp(`\\.(${endings.join("|")})$`, "i");

export const isPicture = (name: string): boolean => pattern.test(name);

/** For messages: `.jpg, .jpeg, ...` */
export const pictureEndings = endings.map((ending) => `.${ending}`).join(", ");

/** Guards against pictures that claim to be huge. */
const mostPixels = 2 ** 26;

/** Pixels of a resized picture before its middle is cut out: long and narrow ones grow without end. */
const mostScaled = 2 ** 27;

export interface PictureInfo extends Size {
  /** 1 for grey, 3 for colour. */
  channels: 1 | 3;
}

/** A picture's file; or its bytes, and where they lie, for messages. */
export type PictureSource = string | { path: string; bytes: Uint8Array };

/** Size as it is seen, and whether there are colours. Throws `InputError` where the file is no whole picture. */
export async function pictureInfo(source: PictureSource): Promise<PictureInfo> {
  const { autoOrient, channels, space } = await attempt(source, () => open(source).metadata());
  return { ...autoOrient, channels: isGrey(channels, space) ? 1 : 3 };
}

const isGrey = (channels: number, space: Metadata["space"]): boolean =>
  channels <= 2 || space === "b-w" || space === "grey16";

/** The pixels of a picture, fitted: height x width x channels bytes. */
export async function readPicture(
  source: PictureSource,
  fitting: Fitting,
  from: Size,
  channels: 1 | 3,
): Promise<Uint8Array> {
  const { scaled, top, left, to } = fitting;
  if (scaled.height * scaled.width > mostScaled) {
    const long = `${from.height} x ${from.width}, which would be ${scaled.height} x ${scaled.width} on the way`;
    throw dataError(nameOf(source), `a picture that can be brought to ${to.height} x ${to.width}`, long);
  }
  const pad = (room: number): number => Math.max(0, room);
  const { data, info } = await attempt(source, () => {
    // Bilinear over the pixels that each one covers, as torchvision resizes with `antialias`.
    let image = open(source).autoOrient().flatten();
    if (scaled.height !== from.height || scaled.width !== from.width)
      image = image.resize(scaled.width, scaled.height, { fit: "fill", kernel: "linear", fastShrinkOnLoad: false });
    const cut = {
      top: pad(top),
      left: pad(left),
      height: Math.min(to.height, scaled.height),
      width: Math.min(to.width, scaled.width),
    };
    if (cut.height !== scaled.height || cut.width !== scaled.width) image = image.extract(cut);
    if (top < 0 || left < 0) {
      const grey = fitting.bars ?? 0;
      image = image.extend({
        top: pad(-top),
        left: pad(-left),
        bottom: to.height - cut.height - pad(-top),
        right: to.width - cut.width - pad(-left),
        background: { r: grey, g: grey, b: grey },
      });
    }
    return image
      .toColourspace(channels === 1 ? "b-w" : "srgb")
      .raw({ depth: "uchar" })
      .toBuffer({ resolveWithObject: true });
  });
  if (info.channels !== channels || data.length !== to.height * to.width * channels) {
    throw dataError(nameOf(source), `a picture of ${channels} channels`, `${info.channels}`);
  }
  return new Uint8Array(data);
}

/** What decoders only warn of is taken, as other readers do; errors and files cut short are not. */
const open = (source: PictureSource): Sharp =>
  sharp(typeof source === "string" ? source : source.bytes, { limitInputPixels: mostPixels, failOn: "error" });

const nameOf = (source: PictureSource): string => (typeof source === "string" ? source : source.path);

/** Runs a decoder; its complaints become words of our own, since its texts pile up from call to call. */
async function attempt<R>(source: PictureSource, work: () => Promise<R>): Promise<R> {
  try {
    return await work();
  } catch (error) {
    throw dataError(
      nameOf(source),
      `a whole picture (${pictureEndings}) of at most 67 megapixels`,
      faultOf(error as Error),
      error,
    );
  }
}

function faultOf({ message }: Error): string {
  if (/pixel limit/i.test(message)) return "a larger one";
  if (/unsupported image format/i.test(message)) return "no picture of these kinds";
  if (/missing|no such file/i.test(message)) return "nothing there";
  if (/premature|truncat|end of|unexpected eof|not enough|read error/i.test(message)) return "one that is cut short";
  return "one that is damaged";
}
