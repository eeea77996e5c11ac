import { join } from "node:path";
import { DASHBOARD_DIST } from "../../local/dashboard_build.ts";

/** index.html and everything it names, as gzip would send it. */
export async function loadedBytes(): Promise<{ total: number; parts: string[] }> {
  const html = await Deno.readTextFile(join(DASHBOARD_DIST, "index.html"));
  const named = [...html.matchAll(/(?:src|href)="\.\/([^"]+)"/g)].map(([, path]) => path ?? "")
    .filter((path) => path !== "config.json"); // the host's, some hundred bytes
  const sizes = await Promise.all(["index.html", ...named].map(async (path) => {
    const file = await Deno.open(join(DASHBOARD_DIST, path));
    const packed = await new Response(file.readable.pipeThrough(new CompressionStream("gzip"))).bytes();
    return { path, bytes: packed.length };
  }));
  return {
    total: sizes.reduce((sum, { bytes }) => sum + bytes, 0),
    parts: sizes.map(({ path, bytes }) => `${bytes} ${path}`),
  };
}
