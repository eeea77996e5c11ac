import { join } from "node:path";
import { until } from "../support/until.ts";
import { type FencedBlock, fencedBlocksOf } from "../support/docs/blocks.ts";
import { openShell, type Said, type Shell } from "./doc/shell.ts";
import { ringAgain } from "./doc/ring_again.ts";
import { openSql } from "../../local/sql.ts";

const root = join(import.meta.dirname ?? "", "..", "..");
const page = join(root, "docs", "quickstart.md");

const usual = { api: "127.0.0.1:54321", database: "127.0.0.1:54322", zoho: "127.0.0.1:54323" };

/** What the last command must end with: everything that there is matches. */
const allMatch = /^As of \S+: [1-9]\d* match, 0 differ, 0 missing(?:, 0 extra)?$/m;

/**
 * Runs every command of docs/quickstart.md in a fresh checkout, as a newcomer would. With `record`, what they print replaces
 * what the page says they print. Null when each ended well and the last says that everything matches.
 */
export async function followQuickstart({ record = false } = {}): Promise<string | null> {
  const text = await Deno.readTextFile(page);
  const folder = await Deno.makeTempDir({ prefix: "quickstart-" });
  const checkout = join(folder, "circletel-zoho-sync");
  const shell = openShell({ folder, bin: folder });
  let stack: Running | undefined;
  const outputs: string[] = [];
  try {
    const cloned = await shell.run(`git clone -q ${root} ${checkout} && cd ${checkout}`);
    if (!cloned.success) return cloned.output;
    for (const block of fencedBlocksOf(text).filter(({ language }) => language === "sh")) {
      const isStack = block.text.includes("task start");
      if (isStack) stack = await startStack(block, checkout);
      const said: Said = isStack && stack
        ? { success: true, output: stack.output() }
        : await run(shell, block, stack);
      if (!said.success) {
        return `docs/quickstart.md:${block.line} failed:\n${said.output}\n${stack?.output() ?? ""}`;
      }
      outputs.push(neutral(said.output, stack, checkout));
    }
    const last = outputs.at(-1) ?? "";
    if (!allMatch.test(last)) return `the end is not "all match":\n${last}`;
    if (record) await Deno.writeTextFile(page, withOutputs(text, outputs));
    return null;
  } finally {
    await stack?.stop();
    await Deno.remove(folder, { recursive: true });
  }
}

interface Running {
  /** The addresses that were free, in place of the usual ones. */
  places: typeof usual;
  output(): string;
  stop(): Promise<void>;
}

/** The first terminal. Without the dashboard, which a newcomer's first start builds and this page does not need. */
async function startStack({ text }: FencedBlock, checkout: string): Promise<Running> {
  const [, command = ""] = /npx -y deno@\S+ (task start.*)$/m.exec(text) ?? [];
  const child = new Deno.Command(Deno.execPath(), {
    args: [...command.split(" "), "--no-dashboard"],
    cwd: checkout,
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  let said = "";
  const reading = Promise.all([child.stdout, child.stderr].map(async (stream) => {
    for await (const part of stream.pipeThrough(new TextDecoderStream())) said += part;
  }));
  const stop = async () => {
    try {
      child.kill("SIGINT");
    } catch {
      // It has ended by itself.
    }
    await child.status;
    await reading;
  };
  try {
    const isUp = until(() => said.includes("Ctrl-C stops it."), {
      ceilingMs: 600_000,
      what: "the local stack",
    });
    const hasEnded = child.status.then(({ code }) => Promise.reject(new Error(`it ended with ${code}`)));
    await Promise.race([isUp, hasEnded]);
  } catch (error) {
    await stop();
    throw new Error(`${error}\n${said}`);
  }
  const place = (label: string, scheme: string) =>
    new RegExp(`${label}\\s+${scheme}://(?:[^@\\s]*@)?([\\w.:]+)`).exec(said)?.[1] ?? "";
  const places = {
    api: place("API", "http"),
    database: place("Database", "postgres"),
    zoho: place("Zoho \\(simulator\\)", "http"),
  };
  const banner = said.slice(said.indexOf("╭"));
  return { places, output: () => banner, stop };
}

async function run(shell: Shell, { text }: FencedBlock, stack: Running | undefined): Promise<Said> {
  if (stack && /task .*doctor/.test(text)) {
    const sql = openSql(`postgres://postgres:postgres@${stack.places.database}/postgres`, 1);
    await ringAgain(sql).finally(() => sql.end());
  }
  return await shell.run(translated(text, usual, stack?.places ?? usual));
}

function translated(text: string, from: typeof usual, to: typeof usual): string {
  return text.replaceAll(from.api, to.api).replaceAll(from.zoho, to.zoho).replaceAll(
    from.database,
    to.database,
  );
}

function neutral(output: string, stack: Running | undefined, checkout: string): string {
  return translated(output, stack?.places ?? usual, usual).replaceAll(`${checkout}/`, "").trimEnd();
}

/** Each block of shell is followed by what it prints. */
function withOutputs(text: string, outputs: string[]): string {
  let index = 0;
  return text.replaceAll(/```text\n[^]*?```/g, () => `\`\`\`text\n${outputs[index++] ?? ""}\n\`\`\``);
}

if (import.meta.main) {
  const fault = await followQuickstart({ record: true });
  console.log(fault ?? "docs/quickstart.md holds what was printed just now.");
  Deno.exit(fault === null ? 0 : 1);
}
