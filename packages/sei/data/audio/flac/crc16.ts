/** @file The check sum of FLAC's frames: polynomial x^16 + x^15 + x^2 + 1, nothing turned round, from 0. */

const table = Uint16Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 8;
  for (let bit = 0; bit < 8; bit++) value = (value << 1) ^ (value & 0x8000 ? 0x8005 : 0);
  return value;
});

export function crc16(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum = ((sum << 8) & 0xffff) ^ table[(sum >> 8) ^ byte]!;
  return sum;
}
