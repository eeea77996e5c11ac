import { join } from "node:path";
import { parseEnv } from "node:util";
import { emptyOrg } from "../../../local/empty_org.ts";
import { type Stack, startStack } from "../../../local/stack.ts";

/** What Supabase's edge runtime embeds. */
const EDGE_RUNTIME_DENO = "2.1.4";

/** A project as it is made: no migration, no secret, no function, and a Zoho org without our fields. */
export interface Platform {
  readonly stack: Stack;
  /** Holds a `supabase` that does with this project what the real CLI does with a linked one. */
  readonly bin: string;
}

/**
 * `db push`, `db query`, `db advisors` and `gen types` are the real CLI on the real database. `login`, `link`, `secrets set` and
 * `functions deploy` need an account: a stand-in keeps the secrets and starts the functions with them, as the platform would.
 */
export async function startPlatform(): Promise<Platform & AsyncDisposable> {
  const folder = await Deno.makeTempDir({ prefix: "platform-" });
  const none = join(folder, "migrations");
  await Deno.mkdir(none);
  const stack = await startStack({
    migrations: none,
    zoho: { bare: true },
    readFields: true,
    functionEnv: emptyOrg.functionEnv,
    functionsDeno: EDGE_RUNTIME_DENO,
    prepare: (sql) => sql`delete from vault.secrets`,
  });
  const kept: Record<string, string | undefined> = {};
  // As the platform has them: `supabase/` of the reader's checkout, and nothing of this repository beside it.
  const deploy = async (checkout: string) => {
    const bare = await Deno.makeTempDir({ dir: folder, prefix: "deployed-" });
    await copy(join(checkout, "supabase", "functions"), join(bare, "functions"));
    await stack.functions.deploy(join(bare, "functions"), kept);
  };
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    try {
      const { pathname } = new URL(request.url);
      if (pathname === "/secrets") Object.assign(kept, parseEnv(await request.text()));
      if (pathname === "/deploy") await deploy(await request.text());
      // PostgREST hears of new tables by a notification; lite reads the schema anew.
      if (pathname === "/reload") await stack.sql`notify local_stack_watch`;
      return new Response("done\n");
    } catch (error) {
      return new Response(`${error}\n`, { status: 500 });
    }
  });
  const bin = join(folder, "bin");
  await Deno.mkdir(bin);
  await Deno.writeTextFile(
    join(bin, "supabase"),
    standIn(stack.dbUrl, `http://127.0.0.1:${server.addr.port}`),
    {
      mode: 0o755,
    },
  );
  return {
    stack,
    bin,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await stack.stop();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function copy(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    // The secrets' file of the checkout stays where it is.
    if (isDirectory) await copy(join(from, name), join(to, name));
    else if (name !== ".env") await Deno.copyFile(join(from, name), join(to, name));
  }
}

function standIn(dbUrl: string, platform: string): string {
  return `#!/usr/bin/env bash
set -euo pipefail
tell() { curl -sf "${platform}/$1" --data-binary "\${2:-}"; }
case "\${1:-} \${2:-}" in
  "login "*) echo "You are now logged in." ;;
  "link "*) echo "Finished supabase link." ;;
  "secrets set")
    shift 2
    while [ $# -gt 0 ]; do
      case "$1" in
        --env-file) tell secrets "@$2" > /dev/null; shift ;;
        --yes | --remote*) ;;
        *=*) tell secrets "$1" > /dev/null ;;
        *) echo "unknown: $1" >&2; exit 2 ;;
      esac
      shift
    done
    echo "Finished supabase secrets set." ;;
  "functions deploy") tell deploy "\$PWD" > /dev/null; echo "Deployed Functions." ;;
  *)
    arguments=()
    for argument in "$@"; do
      case "$argument" in --remote*) argument="--remote=${dbUrl}?sslmode=disable" ;; esac
      arguments+=("$argument")
    done
    npx -y supabase@3.1.0 "\${arguments[@]}"
    if [ "$1 $2" = "db push" ]; then tell reload > /dev/null; fi ;;
esac
`;
}
