let found: Promise<string> | undefined;

/**
 * The Deno that runs the functions: this one, or the version that FUNCTIONS_DENO names. Supabase's edge runtime embeds
 * 2.1.4, older than the one that runs the tests.
 */
export const functionRuntime = (): Promise<string> => found ??= find(Deno.env.get("FUNCTIONS_DENO"));

async function find(version: string | undefined): Promise<string> {
  if (!version) return Deno.execPath();
  // npx starts the executable as a child, which would outlive its parent's end; so it is asked where that is.
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", `deno@${version}`, "eval", "--no-lock", "--no-config", "console.log(Deno.execPath())"],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const path = new TextDecoder().decode(stdout).trim();
  if (success && path !== "") return path;
  throw new Error(`FUNCTIONS_DENO: there is no Deno ${version}: ${new TextDecoder().decode(stderr)}`);
}
