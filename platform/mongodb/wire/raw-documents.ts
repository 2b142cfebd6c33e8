const fixedSizes = new Map<number, number>([
  [0x01, 8],
  [0x06, 0],
  [0x07, 12],
  [0x08, 1],
  [0x09, 8],
  [0x0a, 0],
  [0x10, 4],
  [0x11, 8],
  [0x12, 8],
  [0x13, 16],
  [0x7f, 0],
  [0xff, 0],
]);

interface RawElement {
  readonly type: number;
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Cuts the documents of an array field out of an encoded document, byte for byte, so that they need not be encoded again.
 * Undefined when there is no such field or it is not an array of documents. The bytes must have been decoded before, which checks them.
 */
export function rawDocumentsIn(body: Buffer, field: string): Buffer[] | undefined {
  for (const element of elementsOf(body)) {
    if (element.name !== field) continue;
    if (element.type !== 0x04) return undefined;
    const documents: Buffer[] = [];
    for (const inner of elementsOf(body.subarray(element.start, element.end))) {
      if (inner.type !== 0x03) return undefined;
      documents.push(body.subarray(element.start + inner.start, element.start + inner.end));
    }
    return documents;
  }
  return undefined;
}

function* elementsOf(document: Buffer): Generator<RawElement> {
  let at = 4;
  while (at < document.length - 1) {
    const type = document[at] ?? 0;
    const nameEnd = document.indexOf(0, at + 1);
    const start = nameEnd + 1;
    const end = start + sizeOf(document, type, start);
    yield { type, name: document.toString("latin1", at + 1, nameEnd), start, end };
    at = end;
  }
}

function sizeOf(document: Buffer, type: number, start: number): number {
  const fixed = fixedSizes.get(type);
  if (fixed !== undefined) return fixed;
  if (type === 0x0b) {
    const patternEnd = document.indexOf(0, start);
    return document.indexOf(0, patternEnd + 1) + 1 - start;
  }
  const length = document.readInt32LE(start);
  if (type === 0x03 || type === 0x04 || type === 0x0f) return length;
  if (type === 0x05) return length + 5;
  return type === 0x0c ? length + 16 : length + 4;
}
