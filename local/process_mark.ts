// A process id alone proves nothing: ids are reused. The id together with the moment the process started does.

/** What stays the same for as long as this very process lives; undefined when it is gone. */
export async function processMark(pid: number): Promise<string | undefined> {
  if (Deno.build.os === "linux") return markFromProc(pid);
  return await markFromPs(pid);
}

function markFromProc(pid: number): string | undefined {
  let stat: string;
  try {
    stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  } catch {
    return undefined;
  }
  // The name in brackets may hold spaces and brackets of its own, so the fields are counted from the last one.
  const [state, ...rest] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === "Z" || state === "X") return undefined;
  return `ticks ${rest[18] ?? ""}`;
}

async function markFromPs(pid: number): Promise<string | undefined> {
  const ps = new Deno.Command("ps", {
    args: ["-o", "state=,lstart=", "-p", String(pid)],
    stdout: "piped",
    stderr: "null",
  });
  const { success, stdout } = await ps.output();
  const [state, ...started] = new TextDecoder().decode(stdout).trim().split(/\s+/);
  if (!success || !state || state.startsWith("Z")) return undefined;
  return started.join(" ");
}

/** Sends a signal; a process that is gone already is what the caller wanted. */
export function signalQuietly(pid: number, signal: Deno.Signal): void {
  try {
    Deno.kill(pid, signal);
  } catch {
    // gone
  }
}
