import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { freePort } from "../../local/free_port.ts";
import { startPostgres } from "../../local/postgres.ts";
import { processMark } from "../../local/process_mark.ts";
import { openRun, sweepDeadRuns } from "../../local/run_dir.ts";
import { until } from "../support/until.ts";

const PROJECT = join(import.meta.dirname ?? "", "..", "..");
const START = join(PROJECT, "local", "start.ts");

interface Started {
  child: Deno.ChildProcess;
  output: () => string;
  isOver: () => boolean;
}

const running = new Set<Deno.ChildProcess>();

/** Runs local/start.ts as a user would, with its own temp folder so that nothing else is cleaned up. */
function start(tmp: string, args: string[] = [], options: Partial<Deno.CommandOptions> = {}): Started {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", START, ...args],
    cwd: PROJECT,
    env: { TMPDIR: tmp, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    ...options,
  }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  let text = "";
  const read = async (stream: ReadableStream<Uint8Array>) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) text += part;
  };
  read(child.stdout);
  read(child.stderr);
  return { child, output: () => text, isOver: () => !running.has(child) };
}

async function isUp({ output, isOver }: Started): Promise<string> {
  const isThere = () => output().includes("stays up");
  await until(() => isThere() || isOver(), { what: "the stack", seen: output });
  if (!isThere()) throw new Error(`it did not come up:\n${output()}`);
  return output();
}

async function withTemp(test: (tmp: string) => Promise<void>): Promise<void> {
  const tmp = await Deno.makeTempDir({ prefix: "local-stack-test-" });
  await Deno.chmod(tmp, 0o777);
  try {
    await test(tmp);
  } finally {
    // What a test that failed has left running.
    await Promise.all(Array.from(running, (child) => {
      child.kill("SIGTERM");
      return child.status;
    }));
    await Deno.remove(tmp, { recursive: true });
  }
}

async function copyTree(args: string[]): Promise<boolean> {
  const { success } = await new Deno.Command("cp", { args, cwd: PROJECT, stderr: "null" }).output();
  return success;
}

const apiOf = (output: string) => /API\s+(http\S+)/.exec(output)?.[1] ?? "";
const names = (folder: string) => [...Deno.readDirSync(folder)].map((entry) => entry.name);

Deno.test("a second copy runs beside the first on other ports, and both leave nothing behind", async () => {
  await withTemp(async (tmp) => {
    const first = start(tmp);
    const firstUp = await isUp(first);
    const second = start(tmp);
    const secondUp = await isUp(second);
    assert(apiOf(firstUp) !== apiOf(secondUp));
    for (const output of [firstUp, secondUp]) {
      const answer = await fetch(apiOf(output));
      assertEquals(await answer.json(), { ready: true });
    }
    first.child.kill("SIGINT");
    second.child.kill("SIGTERM");
    assertEquals([(await first.child.status).code, (await second.child.status).code], [0, 0]);
    assertEquals(names(tmp).filter((name) => name.includes("run")), []);
  });
});

Deno.test("Ctrl-C during start ends the stack at once, whatever it was doing, and leaves nothing behind", async () => {
  await withTemp(async (tmp) => {
    // Postgres alone, then with the simulator and the functions.
    for (const wanted of [1, 3]) {
      const starting = start(tmp, ["--once"]);
      const children = () =>
        names(tmp).filter((name) => name.startsWith("circletel-stack-run-"))
          .flatMap((name): { pid: number; mark: string }[] => {
            try {
              return JSON.parse(Deno.readTextFileSync(join(tmp, name, "run.json"))).children;
            } catch {
              return [];
            }
          });
      const isThere = () => children().length >= wanted || starting.isOver();
      await until(isThere, { everyMs: 5, what: "its children", seen: starting.output });
      const begun = children();
      starting.child.kill("SIGINT");
      assertEquals((await starting.child.status).code, 130, starting.output());
      await until(() => starting.output().includes("nothing is left behind"), { what: "its last line" });
      assertEquals(names(tmp).filter((name) => name.startsWith("circletel-stack-run-")), []);
      const marks = await Promise.all(begun.map(async ({ pid, mark }) => await processMark(pid) === mark));
      assertEquals(marks.filter(Boolean), [], "a child lives on");
    }
  });
});

Deno.test("processes left by a killed run are ended by the next one, and its folder removed", async () => {
  await withTemp(async (tmp) => {
    const killed = start(tmp);
    await isUp(killed);
    const [folder] = names(tmp).filter((name) => name.startsWith("circletel-stack-run-"));
    const record = JSON.parse(await Deno.readTextFile(join(tmp, folder ?? "", "run.json")));
    const children: { pid: number; mark: string }[] = record.children;
    assert(children.length >= 2);
    killed.child.kill("SIGKILL");
    await killed.child.status;
    const alive = async () => {
      const marks = await Promise.all(children.map(async ({ pid, mark }) => await processMark(pid) === mark));
      return marks.filter(Boolean).length;
    };
    assert(await alive() >= 1, "there is nothing to clean up");

    assertEquals(await sweepDeadRuns([tmp]), [join(tmp, folder ?? "")]);
    assertEquals(await alive(), 0);
    assertEquals(names(tmp).filter((name) => name.includes("run")), []);
  });
});

Deno.test("a live run is not cleaned up, nor is a process that reuses a dead one's id", async () => {
  await withTemp(async (tmp) => {
    const run = await openRun(tmp);
    assertEquals(await sweepDeadRuns([tmp]), []);

    const bystander = new Deno.Command("sleep", { args: ["60"] }).spawn();
    const record = JSON.parse(await Deno.readTextFile(`${run.dir}/run.json`));
    record.main.mark = "long ago";
    record.children = [{ pid: bystander.pid, mark: "long ago", what: "postgres" }];
    await Deno.writeTextFile(`${run.dir}/run.json`, JSON.stringify(record));
    assertEquals((await sweepDeadRuns([tmp])).length, 1);
    assert(await processMark(bystander.pid) !== undefined, "a stranger was killed");
    bystander.kill("SIGKILL");
    await bystander.status;
  });
});

Deno.test("a run below a dead run's temporary folder is ended with it", async () => {
  await withTemp(async (tmp) => {
    const outer = await openRun(tmp);
    const inner = await openRun(outer.dir);
    const orphan = new Deno.Command("sleep", { args: ["60"] }).spawn();
    await inner.adopt(orphan.pid, "orphan");
    for (const { dir } of [outer, inner]) {
      const record = JSON.parse(await Deno.readTextFile(`${dir}/run.json`));
      record.main.mark = "long ago";
      await Deno.writeTextFile(`${dir}/run.json`, JSON.stringify(record));
    }
    assertEquals(await sweepDeadRuns([tmp]), [outer.dir]);
    assertEquals([(await orphan.status).signal, names(tmp)], ["SIGKILL", []]);
  });
});

Deno.test("Postgres reports why it does not start, and leaves nothing behind", async () => {
  await withTemp(async (tmp) => {
    const run = await openRun(tmp);
    await assertRejects(
      () => startPostgres({ run, flags: { shared_buffers: "plenty" } }),
      Error,
      'invalid value for parameter "shared_buffers"',
    );
    const taken = Deno.listen({ hostname: "127.0.0.1", port: freePort() });
    const error = await assertRejects(() =>
      startPostgres({ run, port: taken.addr.port, dataDir: `${tmp}/other` })
    );
    assert(String(error).includes("Address already in use"));
    taken.close();
    assertEquals(JSON.parse(await Deno.readTextFile(`${run.dir}/run.json`)).children, []);
    await run.close();
  });
});

// From here on the tests need another user to be.
const isRoot = Deno.uid() === 0;
const NOBODY = { uid: 65534, gid: 65534 };

Deno.test({
  name: "an ordinary user can run it",
  ignore: !isRoot,
  async fn() {
    await withTemp(async (tmp) => {
      // As in a home of one's own: Deno, its cache and the checkout are readable, and the rest is the user's.
      const deno = join(tmp, "deno");
      await Deno.copyFile(Deno.execPath(), deno);
      await Deno.chmod(deno, 0o755);
      // Another version for the functions would be looked for in npm's cache, which is root's here.
      const env = {
        TMPDIR: tmp,
        STACK_COPIES: tmp,
        HOME: tmp,
        DENO_DIR: join(tmp, "cache"),
        NO_COLOR: "1",
        FUNCTIONS_DENO: "",
      };
      const child = new Deno.Command(deno, {
        args: ["run", "-A", START, "--once"],
        cwd: PROJECT,
        ...NOBODY,
        env,
        stdin: "null",
        stdout: "piped",
        stderr: "piped",
      });
      const { code, stdout, stderr } = await child.output();
      const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
      assertEquals(code, 0, said);
    });
  },
});

Deno.test({
  name: "root can run it from a checkout that no other user may enter",
  ignore: !isRoot,
  async fn() {
    await withTemp(async (tmp) => {
      const home = join(tmp, "closed", "checkout");
      await Deno.mkdir(home, { recursive: true });
      const parts = ["deno.json", "deno.lock", "local", "supabase", "node_modules"];
      // Links where the file system allows them: the packages are some hundred megabytes.
      const copied = await copyTree(["-al", ...parts, home]) || await copyTree(["-a", ...parts, home]);
      assert(copied);
      await Deno.chmod(join(tmp, "closed"), 0o700);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", join(home, "local", "start.ts"), "--once"],
        cwd: home,
        env: { TMPDIR: tmp, STACK_COPIES: tmp, NO_COLOR: "1" },
        stdout: "piped",
        stderr: "piped",
      }).output();
      assertEquals(code, 0, new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr));
      assertEquals(names(tmp).filter((name) => name.startsWith("circletel-stack-postgres-")).length, 1);
    });
  },
});
