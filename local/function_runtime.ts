const found = new Map<string, Promise<string>>();

/**
 * The Deno that runs the functions: this one, or of a version, which FUNCTIONS_DENO may name. Supabase's edge runtime
 * embeds 2.1.4, older than the one that runs the tests.
 */
export function functionRuntime(version = Deno.env.get("FUNCTIONS_DENO") ?? ""): Promise<string> {
  const path = found.get(version) ?? find(version);
  found.set(version, path);
  return path;
}

async function find(version: string): Promise<string> {
  if (version === "") return Deno.execPath();
  // npx starts the executable as a child, which would outlive its parent's end; so it is asked where that is.
  const { success, stdout, stderr } = await new Deno.Command("npx", {
    args: ["-y", `deno@${version}`, "eval", "--no-lock", "--no-config", "console.log(Deno.execPath())"],
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const path = new TextDecoder().decode(stdout).trim();
  if (success && path !== "") return path;
  throw new Error(`there is no Deno ${version} to run the functions: ${new TextDecoder().decode(stderr)}`);
}
