const LOOPBACK = "127.0.0.1";

/** A free port of 127.0.0.1: the first of those preferred, else any. */
export function freePort(...preferred: number[]): number {
  for (const port of preferred) {
    if (port !== 0 && isFree(port)) return port;
  }
  const probe = Deno.listen({ hostname: LOOPBACK, port: 0 });
  const { port } = probe.addr;
  probe.close();
  return port;
}

/** Whether this port of 127.0.0.1 is free. */
export function isFree(port: number): boolean {
  try {
    Deno.listen({ hostname: LOOPBACK, port }).close();
    return true;
  } catch {
    return false;
  }
}

/**
 * Whether something did not start because its port is taken; between the look for a free one and listening on it another
 * process may have come. The second wording is the Zoho simulator's.
 */
export function isPortTaken(error: unknown): boolean {
  return error instanceof Error && /Address already in use|Port \d+ is taken/.test(error.message);
}
