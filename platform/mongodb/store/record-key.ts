/** Shape: eight characters up to U+00FF, the number's bytes from high to low, so that keys sort as the numbers do. */
const keyLength = 8;

/** The key of a document that is kept in order of insertion. */
export function recordKeyOf(record: number): string {
  const bytes = Buffer.allocUnsafe(keyLength);
  bytes.writeBigUInt64BE(BigInt(record), 0);
  return bytes.toString("latin1");
}

/** The number in a key, which stands at its end. */
export function recordNumberOf(key: string): number {
  return Number(Buffer.from(key.slice(-keyLength), "latin1").readBigUInt64BE(0));
}
