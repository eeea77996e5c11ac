import { hostname, tmpdir } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { MEMORY_FOLDER } from "./memory_folder.ts";
import { processMark, signalQuietly } from "./process_mark.ts";

// Everything a run leaves on the machine is below one directory, and a file in it names the processes. A run that
// was killed can clean nothing up, so the next one does it: no stale data directory, no orphan, no occupied port.

const PREFIX = "circletel-stack-run-";
const SWEEP_PATIENCE_MS = 15_000;
const ABANDON_PATIENCE_MS = 200;

interface Child {
  pid: number;
  mark: string;
  what: string;
}

interface RunRecord {
  host: string;
  startedAt: string;
  main: { pid: number; mark: string };
  children: Child[];
}

/** One run of the stack, or of a part of it. */
export interface StackRun {
  readonly dir: string;
  /** Remembers a child process, so that the next run can end it if this one cannot. */
  adopt(pid: number, what: string): Promise<void>;
  release(pid: number): void;
  /** Removes the directory; the children have to be stopped before. */
  close(): Promise<void>;
}

let isAbandoning = false;

/** To be called between the steps of long work. @throws Error when the runs were abandoned */
export function throwIfAbandoned(): void {
  if (isAbandoning) throw new Error("The start was abandoned.");
}

/** Of this process: not closed yet. */
const openRuns = new Set<() => Promise<void>>();

/**
 * Ends every run of this process at once: kills its children, including those just being started, and removes its
 * folder. For callers that cannot wait for a start to finish.
 */
export async function abandonRuns(): Promise<void> {
  isAbandoning = true;
  await Promise.all(Array.from(openRuns, (abandon) => abandon()));
}

export async function openRun(root: string = tmpdir()): Promise<StackRun> {
  const dir = await Deno.makeTempDir({ dir: root, prefix: PREFIX });
  // Postgres may run as another user and has to pass through.
  await Deno.chmod(dir, 0o755);
  const mark = await processMark(Deno.pid) ?? "";
  const record: RunRecord = {
    host: hostname(),
    startedAt: new Date().toISOString(),
    main: { pid: Deno.pid, mark },
    children: [],
  };
  const save = () => Deno.writeTextFileSync(`${dir}/run.json`, JSON.stringify(record, null, 2));
  save();
  let isAbandoned = false;
  const killAll = () => record.children.forEach(({ pid }) => signalQuietly(pid, "SIGKILL"));
  const abandon = async () => {
    isAbandoned = true;
    killAll();
    // What was being started at this moment is adopted, and so killed, within this time.
    await delay(ABANDON_PATIENCE_MS);
    await removeStubbornly(dir);
    // A program that was still being looked for may have begun to write.
    await delay(ABANDON_PATIENCE_MS);
    killAll();
    await removeStubbornly(dir);
  };
  openRuns.add(abandon);

  return {
    dir,
    async adopt(pid, what) {
      const childMark = await processMark(pid);
      if (isAbandoned) return signalQuietly(pid, "SIGKILL");
      if (childMark === undefined) return;
      record.children.push({ pid, mark: childMark, what });
      save();
    },
    release(pid) {
      record.children = record.children.filter((child) => child.pid !== pid);
      save();
    },
    async close() {
      await removeStubbornly(dir);
      openRuns.delete(abandon);
    },
  };
}

/** Ends the children of runs whose main process is dead and removes their directories; returns those directories. */
export async function sweepDeadRuns(roots: string[] = [tmpdir(), MEMORY_FOLDER]): Promise<string[]> {
  const swept: string[] = [];
  for (const dir of roots.flatMap(runsIn)) {
    const record = await readOwnRecord(dir);
    if (!record || await isAlive(record.main)) continue;
    await endOrphans(record.children);
    // Its folder may have been the temporary folder of those children.
    await sweepDeadRuns([dir]);
    await removeStubbornly(dir);
    swept.push(dir);
  }
  return swept;
}

function runsIn(root: string): string[] {
  try {
    return [...Deno.readDirSync(root)]
      .filter(({ isDirectory, name }) => isDirectory && name.startsWith(PREFIX))
      .map(({ name }) => `${root}/${name}`);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return [];
    throw error;
  }
}

// Only what this user wrote is believed: a record decides which processes are killed. Another host's record (a shared
// temp folder, a container) speaks of process ids that mean nothing here.
async function readOwnRecord(dir: string): Promise<RunRecord | undefined> {
  try {
    const { uid } = await Deno.lstat(dir);
    if (uid !== Deno.uid()) return undefined;
    const record = JSON.parse(await Deno.readTextFile(`${dir}/run.json`)) as RunRecord;
    return record.host === hostname() ? record : undefined;
  } catch {
    return undefined;
  }
}

async function isAlive(process: { pid: number; mark: string }): Promise<boolean> {
  return await processMark(process.pid) === process.mark;
}

async function endOrphans(children: Child[]): Promise<void> {
  for (const child of children) {
    if (await isAlive(child)) signalQuietly(child.pid, "SIGKILL");
  }
  const deadline = Date.now() + SWEEP_PATIENCE_MS;
  for (const child of children) {
    while (await isAlive(child) && Date.now() < deadline) await delay(20);
  }
}

// The backends of a killed Postgres live a moment longer than it and may still write a file.
async function removeStubbornly(dir: string): Promise<void> {
  const deadline = Date.now() + SWEEP_PATIENCE_MS;
  while (true) {
    try {
      await Deno.remove(dir, { recursive: true });
      return;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return;
      if (Date.now() > deadline) throw error;
    }
    await delay(50);
  }
}
