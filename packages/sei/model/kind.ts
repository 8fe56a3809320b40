/** @file What a file is that is no ONNX model: said by name, since it is often another file of the same download. */

const kinds: readonly { begins: RegExp; is: string }[] = [
  {
    begins: /^version https:\/\/git-lfs/,
    is: "a pointer of Git LFS, not the model itself; `git lfs pull` in its repository fetches it",
  },
  {
    begins: /^\s*<(!doctype|html|head|body|\?xml)/i,
    is: "a web page, not a model; the download needs another address",
  },
  { begins: /^\u001f\u008b/, is: "compressed by gzip; `gunzip` gives the model" },
  { begins: /^PK\u0003\u0004/, is: "a ZIP archive or a PyTorch checkpoint; unpack it, or export the model to ONNX" },
  { begins: /^\u0089HDF\r\n/, is: "an HDF5 file (Keras); export the model to ONNX with tf2onnx" },
  { begins: /^.{4}TFL3/s, is: "a TensorFlow Lite model; convert it with tf2onnx" },
  { begins: /^\u0080[\u0002-\u0005]/, is: "a Python pickle (a PyTorch checkpoint?); export the model to ONNX" },
  { begins: /^\u0028\u00b5\u002f\u00fd/, is: "compressed by zstd; `unzstd` gives the model" },
  { begins: /^\s*[{[]/, is: "JSON text, not a model" },
];

/** What the first bytes of a file say it is; undefined where they say nothing. */
export function otherKind(head: Uint8Array): string | undefined {
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 256)).toString("latin1");
  return kinds.find(({ begins }) => begins.test(text))?.is;
}
