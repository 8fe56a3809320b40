/** @file What a file is that is no ONNX model: said by name, since it is often another file of the same download. */

/** By what a file begins with: bytes as Latin-1 text, or a pattern of such text. */
const kinds: readonly { begins: string | RegExp; is: string }[] = [
  {
    begins: "version https://git-lfs",
    is: "a pointer of Git LFS, not the model itself; `git lfs pull` in its repository fetches it",
  },
  {
    begins: /^\s*<(!doctype|html|head|body|\?xml)/i,
    is: "a web page, not a model; the download needs another address",
  },
  { begins: "\x1f\x8b", is: "compressed by gzip; `gunzip` gives the model" },
  { begins: "\x28\xb5\x2f\xfd", is: "compressed by zstd; `unzstd` gives the model" },
  { begins: "PK\x03\x04", is: "a ZIP archive or a PyTorch checkpoint; unpack it, or export the model to ONNX" },
  { begins: "\x80\x02", is: "a Python pickle (a PyTorch checkpoint?); export the model to ONNX" },
  { begins: "\x89HDF\r\n", is: "an HDF5 file (Keras); export the model to ONNX with tf2onnx" },
  { begins: /^.{4}TFL3/s, is: "a TensorFlow Lite model; convert it with tf2onnx" },
  { begins: /^\s*[{[]/, is: "JSON text, not a model" },
];

/** What the first bytes of a file say it is; undefined where they say nothing. */
export function otherKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 256)).toString("latin1");
  return kinds.find(({ begins }) => (typeof begins === "string" ? text.startsWith(begins) : begins.test(text)))?.is;
}
