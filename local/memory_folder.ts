import { statfsSync } from "node:fs";

export const MEMORY_FOLDER = "/dev/shm";
const TMPFS = 0x01021994;
/** Ten times what the tests leave lying at once; a container's usual 64 MB are far below it. */
const ENOUGH_BYTES = 4 * 1024 ** 3;

/**
 * A folder that lies in memory, if there is one with room. Making and dropping a database means 300 files each, for
 * which a disk's file system takes up to ten times the processor time (docs/testing.md, "What costs").
 */
export function memoryFolder(): string | undefined {
  try {
    const { type, bavail, bsize } = statfsSync(MEMORY_FOLDER);
    const isRoomy = bavail * bsize >= ENOUGH_BYTES && Deno.systemMemoryInfo().available >= ENOUGH_BYTES;
    return type === TMPFS && isRoomy ? MEMORY_FOLDER : undefined;
  } catch {
    return undefined;
  }
}
