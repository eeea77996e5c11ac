import { join } from "node:path";

const folder = join(import.meta.dirname ?? "", "..", "sdk");

/** tests/sdk has packages and a lock file of its own, so it is checked here and not with everything else. */
const commands = [
  ["fmt", "--check", "--quiet"],
  ["lint", "--quiet"],
  ["check", "--quiet", "--frozen", "main.ts"],
  ["run", "-A", "--frozen", "main.ts"],
];

export async function askZohosSdk(): Promise<string | null> {
  let count = "";
  for (const args of commands) {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args,
      cwd: folder,
      env: { NO_COLOR: "1" },
    }).output();
    const [said, complained] = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    if (!success) return [`deno ${args.join(" ")}`, said, complained].join("\n");
    count = said?.trimEnd().split("\n").at(-1) ?? "";
  }
  console.log(`       ${count}`);
  return null;
}
