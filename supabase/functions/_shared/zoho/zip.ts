// A zip of one file, which is all that bulk write sends and takes (upload-file page). The platform deflates; what is left
// is the frame around it (APPNOTE.TXT of PKWARE, 4.3), too little for a dependency.

const localHeader = 0x04034b50;
const centralHeader = 0x02014b50;
const endOfDirectory = 0x06054b50;
const stored = 0;
const deflated = 8;
/** Names are UTF-8. */
const utf8Flag = 0x0800;
/** 1 January 1980, the zip format's first day: the moment of the upload is nobody's business. */
const firstDay = 0x0021;

export async function zipFile(name: string, data: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const nameBytes = new TextEncoder().encode(name);
  const packed = await through(data, new CompressionStream("deflate-raw"));
  /** From "version needed" to the length of the extra field: the same in both headers. */
  const common = (view: DataView, at: number) => {
    view.setUint16(at, 20, true);
    view.setUint16(at + 2, utf8Flag, true);
    view.setUint16(at + 4, deflated, true);
    view.setUint16(at + 8, firstDay, true);
    view.setUint32(at + 10, crc32(data), true);
    view.setUint32(at + 14, packed.length, true);
    view.setUint32(at + 18, data.length, true);
    view.setUint16(at + 22, nameBytes.length, true);
  };
  const local = record(30, localHeader, (view) => common(view, 4));
  const central = record(46, centralHeader, (view) => {
    view.setUint16(4, 20, true);
    common(view, 6);
  });
  const end = record(22, endOfDirectory, (view) => {
    view.setUint16(8, 1, true);
    view.setUint16(10, 1, true);
    view.setUint32(12, central.length + nameBytes.length, true);
    view.setUint32(16, local.length + nameBytes.length + packed.length, true);
  });
  return joined([local, nameBytes, packed, central, nameBytes, end]);
}

/** The first file of a zip; null when it is no zip that we can read. */
export async function unzipFile(zip: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer> | null> {
  const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
  const end = endRecordOf(view);
  if (end === null) return null;
  // Sizes from the directory: a local header may leave them to a descriptor behind the data.
  const central = view.getUint32(end + 16, true);
  if (central + 46 > zip.length || view.getUint32(central, true) !== centralHeader) return null;
  const method = view.getUint16(central + 10, true);
  const local = view.getUint32(central + 42, true);
  if (local + 30 > zip.length || view.getUint32(local, true) !== localHeader) return null;
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const packed = zip.slice(start, start + view.getUint32(central + 20, true));
  if (method === stored) return packed;
  return method === deflated ? await through(packed, new DecompressionStream("deflate-raw")) : null;
}

/** It stands at the end, before a comment of at most 64 KiB. */
function endRecordOf(view: DataView): number | null {
  for (let at = view.byteLength - 22; at >= Math.max(0, view.byteLength - 22 - 65_535); at--) {
    if (view.getUint32(at, true) === endOfDirectory) return at;
  }
  return null;
}

function record(length: number, signature: number, fill: (view: DataView) => void): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, signature, true);
  fill(view);
  return bytes;
}

async function through(
  data: Uint8Array<ArrayBuffer>,
  stream: CompressionStream | DecompressionStream,
): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([data]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(packed).arrayBuffer());
}

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

function crc32(data: Uint8Array): number {
  let crc = 0xffffffff;
  for (const byte of data) crc = (crc >>> 8) ^ (crcTable[(crc ^ byte) & 0xff] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}
