/** What /proc says of a process. Linux counts processor time in hundredths of a second for programs. */
const ticksPerSecond = 100;

/** Milliseconds of processor time that the process has used since it was started, in user and kernel mode. */
export function cpuMs(pid: number): number {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  // The second field is the program's name in brackets and may hold spaces; utime and stime are the 14th and 15th.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * 1000 / ticksPerSecond;
}

export interface Memory {
  /** Resident now, in MiB. */
  now: number;
  /** The most that was resident since `forgetPeak`. */
  peak: number;
}

export function memory(pid: number): Memory {
  const status = Deno.readTextFileSync(`/proc/${pid}/status`);
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
  return { now: mib("VmRSS"), peak: mib("VmHWM") };
}

/** The kernel keeps the peak for the life of a process; 5 sets it back to what is resident now (proc(5)). */
export function forgetPeak(pid: number): void {
  Deno.writeTextFileSync(`/proc/${pid}/clear_refs`, "5");
}
