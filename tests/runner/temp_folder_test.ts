import { assertEquals, assertRejects } from "@std/assert";
import { join } from "node:path";
import { until } from "../support/until.ts";
import { leftIn, withTempFolder } from "../support/temp_folder.ts";

const isThere = (path: string) => Deno.stat(path).then(() => true, () => false);
const names = (folder: string) => [...Deno.readDirSync(folder)].map(({ name }) => name);

Deno.test("files left in a run's temporary folder are named, and removed with the folder", async () => {
  const { dir, left } = await withTempFolder(async (folder) => {
    await Deno.mkdir(join(folder.run.dir, "node-compile-cache"));
    await Deno.makeTempDir({ dir: folder.run.dir, prefix: "forgotten-" });
    return { dir: folder.run.dir, left: leftIn(folder) };
  });
  assertEquals(left.map((name) => name.replace(/-.*/, "")), ["forgotten"]);
  assertEquals(await isThere(dir), false);
});

Deno.test("a run that fails leaves no folder", async () => {
  let dir = "";
  await assertRejects(() =>
    withTempFolder(({ run }) => {
      dir = run.dir;
      return Promise.reject(new Error("no tests"));
    })
  );
  assertEquals([dir === "", await isThere(dir)], [false, false]);
});

Deno.test("a file left behind by a test fails the run, and Ctrl-C leaves nothing of a hanging test", async () => {
  const tmp = await Deno.makeTempDir();
  const file = join(tmp, "forgets_test.ts");
  await Deno.writeTextFile(
    file,
    `Deno.test("forgets", async () => {
      await Deno.makeTempFile({ prefix: "forgotten-" });
      if (Deno.env.get("HANGS")) await new Promise((settle) => setTimeout(settle, 1e9));
    });`,
  );
  const start = (env: Record<string, string>) =>
    new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", join(import.meta.dirname ?? "", "..", "run.ts"), "--no-check", file],
      env: { ...env, TMPDIR: tmp, NO_COLOR: "1" },
      stdout: "piped",
      stderr: "null",
    }).spawn();
  const folders = () => names(tmp).filter((name) => name !== "forgets_test.ts");
  try {
    const { code, stdout } = await start({}).output();
    const said = new TextDecoder().decode(stdout).trim().split("\n");
    assertEquals([code, said.at(-1)], [1, "1 passed, 1 failed"]);

    const hanging = start({ HANGS: "1" });
    const output = hanging.output();
    const hasBegun = () =>
      folders().some((run) => names(join(tmp, run)).some((name) => /^forgotten-/.test(name)));
    await until(hasBegun, { what: "the test", seen: folders });
    hanging.kill("SIGINT");
    await output;
    assertEquals(folders(), []);
  } finally {
    await Deno.remove(tmp, { recursive: true });
  }
});
