const LOOPBACK = "127.0.0.1";

/** A port of 127.0.0.1 that nobody listens on: the first free one of those preferred, else any. */
export function freePort(...preferred: number[]): number {
  for (const port of preferred) {
    if (port !== 0 && isFree(port)) return port;
  }
  const probe = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const { port } = probe.addr;
  probe.close();
  return port;
}

function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: LOOPBACK, port }).close();
    return true;
  } catch {
    return false;
  }
}
