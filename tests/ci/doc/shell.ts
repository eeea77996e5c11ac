import { join } from "node:path";

export interface Said {
  success: boolean;
  /** What a reader would see: both streams, in their order. */
  output: string;
}

/** A terminal: variables and the working directory last from one block to the next. */
export interface Shell {
  run(commands: string, typed?: string): Promise<Said>;
}

/** Bash in `folder`, with `bin` first on its path and none of this process's Supabase or Zoho settings. */
export function openShell(options: { folder: string; bin: string; env?: Record<string, string> }): Shell {
  const state = join(options.bin, ".state");
  const cleaned = Object.entries(Deno.env.toObject()).filter(([name]) =>
    !/^(ZOHO_|SUPABASE_|PROJECT_URL)/.test(name)
  );
  return {
    async run(commands, typed = "") {
      const script = [
        `[ -f "${state}" ] && . "${state}"`,
        `cd "\${SHELL_FOLDER:-${options.folder}}"`,
        `trap 'code=$?; SHELL_FOLDER=$PWD; export SHELL_FOLDER; export -p > "${state}"; exit $code' EXIT`,
        "set -eo pipefail",
        commands,
      ].join("\n");
      const child = new Deno.Command("bash", {
        args: ["-c", `exec 2>&1\n${script}`],
        clearEnv: true,
        env: {
          ...Object.fromEntries(cleaned),
          PATH: `${options.bin}:${Deno.env.get("PATH")}`,
          NO_COLOR: "1",
          npm_config_update_notifier: "false",
          npm_config_loglevel: "error",
          DENO_NO_UPDATE_CHECK: "1",
          ...options.env,
        },
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const writer = child.stdin.getWriter();
      await writer.write(new TextEncoder().encode(typed)).catch(() => {});
      await writer.close().catch(() => {});
      const { success, stdout } = await child.output();
      return { success, output: new TextDecoder().decode(stdout) };
    },
  };
}
