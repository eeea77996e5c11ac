import { crc32, inflateRawSync } from "node:zlib";

const endSignature = 0x06054b50;
const entrySignature = 0x02014b50;
const localSignature = 0x04034b50;
const stored = 0;
const deflated = 8;

/** The only file of a zip, or undefined when it is not a zip of one file. */
export function unzipOne(bytes: Uint8Array): { name: string; data: Uint8Array } | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const end = endRecord(view);
  if (end === undefined || view.getUint16(end + 10, true) !== 1) return undefined;
  const entry = view.getUint32(end + 16, true);
  if (entry + 46 > bytes.length || view.getUint32(entry, true) !== entrySignature) return undefined;
  const method = view.getUint16(entry + 10, true);
  const size = view.getUint32(entry + 20, true);
  const nameLength = view.getUint16(entry + 28, true);
  const local = view.getUint32(entry + 42, true);
  const name = new TextDecoder().decode(bytes.subarray(entry + 46, entry + 46 + nameLength));
  const start = local + 30 + view.getUint16(local + 26, true) + view.getUint16(local + 28, true);
  const packed = bytes.subarray(start, start + size);
  if (method === stored) return { name, data: packed };
  return method === deflated ? { name, data: new Uint8Array(inflateRawSync(packed)) } : undefined;
}

function endRecord(view: DataView): number | undefined {
  for (let at = view.byteLength - 22; at >= 0; at--) {
    if (view.getUint32(at, true) === endSignature) return at;
  }
  return undefined;
}

/** A zip of one file, stored and not compressed. */
export function zipOne(name: string, data: Uint8Array): Uint8Array {
  const nameBytes = new TextEncoder().encode(name);
  const checksum = crc32(data);
  const local = new Uint8Array(30 + nameBytes.length);
  const entry = new Uint8Array(46 + nameBytes.length);
  const end = new Uint8Array(22);
  const common = (view: DataView, at: number) => {
    view.setUint16(at, 20, true);
    view.setUint32(at + 10, checksum, true);
    view.setUint32(at + 14, data.length, true);
    view.setUint32(at + 18, data.length, true);
    view.setUint16(at + 22, nameBytes.length, true);
  };
  const localView = new DataView(local.buffer);
  localView.setUint32(0, localSignature, true);
  common(localView, 4);
  local.set(nameBytes, 30);
  const entryView = new DataView(entry.buffer);
  entryView.setUint32(0, entrySignature, true);
  entryView.setUint16(4, 20, true);
  common(entryView, 6);
  entry.set(nameBytes, 46);
  const endView = new DataView(end.buffer);
  endView.setUint32(0, endSignature, true);
  endView.setUint16(8, 1, true);
  endView.setUint16(10, 1, true);
  endView.setUint32(12, entry.length, true);
  endView.setUint32(16, local.length + data.length, true);
  const parts = [local, data, entry, end];
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
